using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>What a turn's end means to a script.</summary>
internal static class TurnCode
{
    public static int Of(PromptResultDocument result, bool wasInterrupted) => result.Status switch
    {
        // The turn went well, and everything it asked for was refused.
        "completed" when result.Permissions is { Approved: 0, Denied: > 0 } => ExitCode.Refused,
        "completed" or "queued" or "running" => ExitCode.Done,
        "cancelled" => wasInterrupted ? ExitCode.Interrupted : ExitCode.Failed,
        "timed-out" => ExitCode.TimedOut,
        _ => result.ProblemType is { } type ? ExitCode.Of(new ProblemDocument(type, "", 500, "")) : result.Status == "refused" ? ExitCode.Refused : ExitCode.Failed,
    };
}
