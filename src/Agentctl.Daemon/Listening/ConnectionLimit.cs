using System.Globalization;

namespace Agentctl.Daemon;

/// <summary>
/// How many connections each of the two sockets keeps open. One that comes when there are so many is closed at once: when no descriptor
/// is left, the server would ask for the next connection again and again, and could open no file either.
/// </summary>
internal static class ConnectionLimit
{
    private const int Least = 8;
    private const int Most = 2048;
    private const int UsualDescriptors = 1024;

    /// <summary>A third of the descriptors for each socket; the last third is for files and watches.</summary>
    public static int Each { get; } = Math.Clamp(Descriptors(ReadLimits()) / 3, Least, Most);

    /// <summary>The soft limit in the text of <c>/proc/self/limits</c>: <c>Max open files            1024                 524288               files</c>.</summary>
    internal static int Descriptors(IEnumerable<string> limits) =>
        limits.FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal))?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var soft, ..]
            ? int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : int.MaxValue
            : UsualDescriptors;

    private static string[] ReadLimits()
    {
        try
        {
            return File.ReadAllLines("/proc/self/limits");
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
