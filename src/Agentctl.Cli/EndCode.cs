using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>
/// The one mapping from how a session or a turn ended to an exit code (docs/specs/exit-codes.md): <c>wait</c>, <c>launch --wait</c>,
/// <c>resume --wait</c>, <c>exec</c>, <c>prompt</c> and <c>sessions result</c> give the same code for the same end.
/// </summary>
internal static class EndCode
{
    /// <param name="whileAlive">The code of a session that has not ended.</param>
    public static int Of(string status, string? reason, int whileAlive) => (SessionStates.FromWord(status), reason) switch
    {
        (SessionState.Stopped, Reasons.PermissionDenied) => ExitCode.Refused,
        (SessionState.Stopped, Reasons.Asked) => ExitCode.Interrupted,
        (SessionState.Stopped, Reasons.Done or Reasons.Resumable or null) => ExitCode.Done,
        (SessionState.Stopped, _) => ExitCode.Failed,
        (SessionState.Error, Reasons.Timeout) => ExitCode.TimedOut,
        (SessionState.Error, _) => ExitCode.Failed,
        _ => whileAlive,
    };

    public static int Of(PromptResultDocument result)
    {
        var stopped = SessionState.Stopped.Word();
        return result.Status switch
        {
            // The turn went well, and everything it asked for was refused.
            "completed" when result.Permissions is { Approved: 0, Denied: > 0 } => Of(stopped, Reasons.PermissionDenied, ExitCode.Done),
            "completed" or "queued" or "running" => ExitCode.Done,
            "cancelled" => Of(stopped, Reasons.Asked, ExitCode.Done),
            "timed-out" => Of(SessionState.Error.Word(), Reasons.Timeout, ExitCode.Done),
            _ => result.ProblemType is { } type ? ExitCode.Of(new ProblemDocument(type, "", 500, "")) : result.Status == "refused" ? ExitCode.Refused : ExitCode.Failed,
        };
    }
}
