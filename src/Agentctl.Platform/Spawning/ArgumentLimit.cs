namespace Agentctl.Platform;

/// <summary>How long one argument of a program may be.</summary>
public static class ArgumentLimit
{
    // MAX_ARG_STRLEN of Linux's execve(2): 32 pages, the closing NUL among them. Others know only a limit of all arguments together.
    private const int PagesOfOneArgument = 32;

    /// <summary>In bytes of UTF-8, without the closing NUL; null where only all arguments together have a limit.</summary>
    public static int? Bytes => OperatingSystem.IsLinux() ? (PagesOfOneArgument * Environment.SystemPageSize) - 1 : null;
}
