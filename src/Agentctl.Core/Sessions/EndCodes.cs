namespace Agentctl.Core;

/// <summary>
/// The one mapping from how a session or a turn ended to an exit code (docs/specs/exit-codes.md): for <c>wait</c>, <c>launch --wait</c>,
/// <c>resume --wait</c>, <c>exec</c>, <c>prompt</c>, <c>sessions result</c> and the hooks of launches.
/// </summary>
public static class EndCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int TimedOut = 3;
    public const int Refused = 5;
    public const int Interrupted = 130;

    /// <param name="whileAlive">The code of a session that has not ended.</param>
    public static int Of(SessionState? state, string? reason, int whileAlive) => (state, reason) switch
    {
        (SessionState.Stopped, Reasons.PermissionDenied) => Refused,
        (SessionState.Stopped, Reasons.Asked) => Interrupted,
        (SessionState.Stopped, Reasons.Done or Reasons.Resumable or null) => Done,
        (SessionState.Stopped, _) => Failed,
        (SessionState.Error, Reasons.Timeout) => TimedOut,
        (SessionState.Error, _) => Failed,
        _ => whileAlive,
    };
}
