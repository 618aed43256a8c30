namespace Agentctl.Platform;

/// <summary>The one place that says what this system cannot do. Linux is proven; elsewhere only plain POSIX is tried.</summary>
internal static class ThisSystem
{
    public static bool IsLinux { get; } = OperatingSystem.IsLinux();

    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static void RequireLinux(string what)
    {
        if (!IsLinux)
        {
            throw NotHere(what);
        }
    }

    public static PlatformNotSupportedException NotHere(string what) =>
        new($"{what}: not on this system yet. agentctl can do this on Linux only; run it there (or in WSL).");
}
