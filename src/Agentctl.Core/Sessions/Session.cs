namespace Agentctl.Core;

/// <summary>One conversation as agentctl tells it: what was seen, the verdict on it, and what its launch adds.</summary>
public sealed record Session(Sighting Sighting, Verdict Verdict)
{
    public string Adapter => Sighting.Adapter;
    public string Id => Sighting.Id;
    public SessionState State => Verdict.State;
    public string? Group { get; init; }
    public string? Spec { get; init; }

    /// <summary>
    /// The verdict is a pure function of what was seen, and so is what the launch adds. Adapters give the same instance again for what
    /// has not changed: it is decided once.
    /// </summary>
    public static Session From(Sighting sighting) => sighting.Derived().Session ??= Decide(sighting);

    private static Session Decide(Sighting seen)
    {
        var session = new Session(seen, VerdictRules.Decide(seen.Facts));
        return seen.Launched is { } launch ? Merge.With(session, launch) : session;
    }
}
