using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>Whether a person's terminal can become a session.</summary>
public abstract record AttachOutcome
{
    private AttachOutcome()
    {
    }

    /// <summary>What to become.</summary>
    public sealed record Planned(string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string Cwd) : AttachOutcome;

    public sealed record NotNow(ApiReply Problem) : AttachOutcome;
}
