namespace Agentctl.Core;

/// <summary>One conversation as agentctl tells it: what was seen, and the verdict on it.</summary>
public sealed record Session(Sighting Sighting, Verdict Verdict)
{
    public string Adapter => Sighting.Adapter;
    public string Id => Sighting.Id;
    public SessionState State => Verdict.State;

    /// <summary>The verdict is a pure function of what was seen.</summary>
    public static Session From(Sighting sighting) => new(sighting, VerdictRules.Decide(sighting.Facts));
}
