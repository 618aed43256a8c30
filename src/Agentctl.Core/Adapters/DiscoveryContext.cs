namespace Agentctl.Core;

/// <summary>How far to look.</summary>
public enum Reach
{
    /// <summary>Only what is (or may be) alive: cost follows what runs, not what ever existed (law L11).</summary>
    Active,

    /// <summary>Also what ended, back to <see cref="DiscoveryContext.Since"/>.</summary>
    All,
}

/// <summary>One request's view of the world, shared by all adapters.</summary>
/// <param name="Since">With <see cref="Reach.All"/>: records not changed since are not opened. Living sessions are given whatever their age.</param>
public sealed record DiscoveryContext(Reach Reach, DateTimeOffset Since, IProcessTable Processes)
{
    /// <summary>How long records that were never read before may be read for this answer, the newest first.</summary>
    public ReadingTime Reading { get; init; } = ReadingTime.Unlimited;

    /// <summary>The window of <c>list -a</c>.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);
}

/// <summary>What an adapter answers.</summary>
/// <param name="Sightings">What it saw.</param>
/// <param name="Problems">What it could not read, one line each, naming the file; the answer is partial when there are any.</param>
/// <param name="Notes">What a reader should know although nothing is wrong: "the gateway is not running".</param>
public sealed record AdapterAnswer(IReadOnlyList<Sighting> Sightings, IReadOnlyList<string> Problems, IReadOnlyList<string> Notes)
{
    public static readonly AdapterAnswer Nothing = new([], [], []);

    /// <summary>How many records were left out because the time to read them was over (<see cref="DiscoveryContext.Reading"/>).</summary>
    public int Unread { get; init; }
}

/// <summary>The adapter could not look: nothing may be concluded from its silence (law L5).</summary>
/// <param name="message">What was looked at, what happened, what to do next. Never a secret.</param>
public sealed class CannotLookException(string message, Exception? innerException = null) : Exception(message, innerException);
