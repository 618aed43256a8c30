using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary><see cref="EndCodes"/> for what the API answers.</summary>
internal static class EndCode
{
    /// <param name="whileAlive">The code of a session that has not ended.</param>
    public static int Of(string status, string? reason, int whileAlive) => EndCodes.Of(SessionStates.FromWord(status), reason, whileAlive);

    public static int Of(PromptResultDocument result)
    {
        return result.Status switch
        {
            // The turn went well, and everything it asked for was refused.
            "completed" when result.Permissions is { Approved: 0, Denied: > 0 } => EndCodes.Of(SessionState.Stopped, Reasons.PermissionDenied, ExitCode.Done),
            "completed" or "queued" or "running" => ExitCode.Done,
            "cancelled" => EndCodes.Of(SessionState.Stopped, Reasons.Asked, ExitCode.Done),
            "timed-out" => EndCodes.Of(SessionState.Error, Reasons.Timeout, ExitCode.Done),
            _ => result.ProblemType is { } type ? ExitCode.Of(new ProblemDocument(type, "", 500, "")) : result.Status == "refused" ? ExitCode.Refused : ExitCode.Failed,
        };
    }
}
