namespace Agentctl.Core;

/// <summary>One conversation as agentctl tells it: what was seen, the verdict on it, and what its launch adds.</summary>
public sealed record Session(Sighting Sighting, Verdict Verdict)
{
    public string Adapter => Sighting.Adapter;
    public string Id => Sighting.Id;
    public SessionState State => Verdict.State;
    public string? Group { get; init; }
    public string? Spec { get; init; }

    /// <summary>The verdict is a pure function of what was seen.</summary>
    public static Session From(Sighting sighting) => new(sighting, VerdictRules.Decide(sighting.Facts));
}
