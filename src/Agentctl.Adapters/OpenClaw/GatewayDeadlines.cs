namespace Agentctl.Adapters.OpenClaw;

/// <summary>How long each step may take. One look stays under the 5 s an adapter is given, so that our own, clearer message is the one shown.</summary>
internal sealed record GatewayDeadlines
{
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan Upgrade { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan Challenge { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan Hello { get; init; } = TimeSpan.FromSeconds(3);
    public TimeSpan Call { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A whole look: handshake with its retries, and all pages.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(4.5);

    /// <summary>Who follows or reads a transcript has time: a busy gateway may take a while.</summary>
    public static readonly GatewayDeadlines Patient = new()
    {
        Connect = TimeSpan.FromSeconds(5),
        Upgrade = TimeSpan.FromSeconds(10),
        Challenge = TimeSpan.FromSeconds(15),
        Hello = TimeSpan.FromSeconds(15),
        Call = TimeSpan.FromSeconds(30),
        Look = TimeSpan.FromMinutes(2),
    };
}
