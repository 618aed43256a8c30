namespace Agentctl.Core;

/// <summary>The words of <see cref="ExitRecord.How"/>.</summary>
public static class ExitHows
{
    public const string Exited = "exited";
    public const string Signaled = "signaled";

    /// <summary>The shim was killed, and with it the knowledge of the exit code.</summary>
    public const string Lost = "lost";
    public const string Reboot = "reboot";
    public const string FailedToStart = "failed-to-start";
}
