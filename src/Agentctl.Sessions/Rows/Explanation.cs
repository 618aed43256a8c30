using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>Everything behind one row, the deciding piece first.</summary>
internal static class Explanation
{
    public static ExplainDocument Of(Session session, string home, DateTimeOffset lookedAt)
    {
        var facts = session.Sighting.Facts;
        var pieces = new List<ExplainedEvidence>();
        Add("launch", facts.Launch?.Evidence);
        Add("holder", facts.HolderEvidence);
        Add("signal", facts.SignalEvidence);
        foreach (var other in facts.Others)
        {
            Add("other", other);
        }

        pieces.Sort(static (a, b) => b.Decided.CompareTo(a.Decided));
        return new ExplainDocument(SessionRow.From(session, home), session.Verdict.Why, pieces, facts.NotKnown, lookedAt);

        void Add(string role, Evidence? evidence)
        {
            if (evidence is not null)
            {
                pieces.Add(new ExplainedEvidence(role, evidence.Source, evidence.Fact, evidence.ObservedAt, ReferenceEquals(evidence, session.Verdict.Decider)));
            }
        }
    }
}
