namespace Agentctl.Core;

/// <summary>The reasons of product.md section 5 that part of the code decides on. Waiting may carry an agent's own words instead.</summary>
public static class Reasons
{
    public const string Done = "done";
    public const string Asked = "asked";
    public const string Vanished = "vanished";
    public const string Aborted = "aborted";
    public const string NeverRun = "never-run";
    public const string Resumable = "resumable";
    public const string Reboot = "reboot";
    public const string Failed = "failed";
    /// <summary>A process may be the one that works on it, and nothing proves it.</summary>
    public const string Probable = "probable";

    public const string Timeout = "timeout";

    /// <summary>It wrote more than its reader could take.</summary>
    public const string OutputLimit = "output-limit";
    public const string Lost = "lost";
    public const string OutOfMemory = "oom";
    public const string PermissionDenied = "permission-denied";
    public const string NoSessionYet = "no-session-yet";
    /// <summary>Queued: every slot of a scope is held.</summary>
    public const string NoSlot = "no-slot";

    /// <summary>Queued: its directory is held.</summary>
    public const string Directory = "directory";

    /// <summary>Queued: others before it wait for the same.</summary>
    public const string Turn = "turn";

    /// <summary>Queued: agents of its kind failed at once, several times in a row.</summary>
    public const string Brake = "brake";
    public const string OtherNamespace = "other-namespace";
    public const string NoSignal = "no-signal";
    public const string Unreadable = "unreadable";
    public const string Contradiction = "contradiction";
    public const string AdapterFailed = "adapter-failed";
    public const string AdapterTimedOut = "adapter-timed-out";

    public static string Exit(int code) => $"exit-{code}";

    public static string Signal(int number) => $"signal-{number}";
}
