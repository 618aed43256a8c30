namespace Agentctl.Adapters.OpenClaw;

/// <summary>What agentctl's own configuration says of the OpenClaw gateway. Null = not said.</summary>
/// <param name="Url">Address of the gateway: <c>ws://127.0.0.1:18789</c>.</param>
/// <param name="Port">Port on this machine, where no url is said.</param>
/// <param name="Token">Shared token or password of the gateway. A secret: never shown.</param>
public sealed record OpenClawSettings(string? Url = null, int? Port = null, string? Token = null)
{
    public static readonly OpenClawSettings None = new();

    /// <summary>
    /// A gateway beside this user's own, by its name in our configuration: only what is said here counts, neither the environment nor
    /// OpenClaw's files on this machine. Null = the user's own.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The environment variable that has its token.</summary>
    public string? TokenVariable { get; init; }

    /// <summary>The file that has its token and nothing else.</summary>
    public string? TokenFile { get; init; }

    /// <summary>A record prints its members; this one must not print its token.</summary>
    public override string ToString() => $"OpenClawSettings {{ Url = {Url}, Port = {Port}, Token = {(Token is null ? "not set" : "set")} }}";
}
