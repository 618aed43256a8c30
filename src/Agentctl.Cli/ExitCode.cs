using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>The one table of exit codes (docs/specs/exit-codes.md). Scripts depend on it.</summary>
internal static class ExitCode
{
    public const int Done = EndCodes.Done;

    /// <summary>It was tried and did not work; the reason is on stderr.</summary>
    public const int Failed = EndCodes.Failed;

    /// <summary>The command line or the configuration is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    public const int TimedOut = EndCodes.TimedOut;

    /// <summary>Everywhere was looked, and it is not there.</summary>
    public const int NotFound = 4;

    /// <summary>Locked, denied, or not consented to.</summary>
    public const int Refused = EndCodes.Refused;

    /// <summary>An answer with a part missing: some adapter could not look.</summary>
    public const int Partial = 6;

    public const int Interrupted = EndCodes.Interrupted;

    /// <summary>What a problem of the API means to a script.</summary>
    public static int Of(ProblemDocument problem) => problem.Type switch
    {
        "/problems/not-found" => problem.CouldNotLook is { Count: > 0 } ? Partial : NotFound,
        "/problems/ambiguous" or "/problems/unknown-adapter" or "/problems/bad-request" => Usage,
        "/problems/could-not-look" => Partial,
        "/problems/timed-out" => TimedOut,
        "/problems/refused" or "/problems/directory-in-use" or "/problems/directory-locked" or "/problems/no-slot" => Refused,
        _ => problem.Status == 404 ? NotFound : Failed,
    };
}
