using System.Globalization;

namespace Agentctl.Testing;

/// <summary>
/// A process as /proc/&lt;pid&gt;/stat tells it, read here by other code than the product's, so that tests do not judge the
/// product by itself. Pid and start time together name one process and no other.
/// </summary>
public sealed record ProcessStat(int Pid, string Comm, char State, int ParentPid, int SessionId, ulong StartTicks)
{
    /// <summary>Zombies and dead tasks are gone for our purposes.</summary>
    public bool IsAlive => State is not ('Z' or 'X');

    /// <summary>The process that has this pid now; null when there is none.</summary>
    public static ProcessStat? Read(int pid)
    {
        // 4711 (a name) with) parentheses) S 1 4711 4711 0 -1 ... : the name ends at the last parenthesis.
        if (ReadOrNull($"/proc/{pid}/stat") is not { } text || text.LastIndexOf(')') is not (> 0 and var end))
        {
            return null;
        }

        var fields = text[(end + 2)..].Split(' ');
        return new ProcessStat(pid, text[(text.IndexOf('(') + 1)..end], fields[0][0], Number(fields[1]), Number(fields[3]), ulong.Parse(fields[19], CultureInfo.InvariantCulture));

        static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
    }

    /// <summary>This very process, if it still lives.</summary>
    public ProcessStat? Now() => Read(Pid) is { IsAlive: true } now && now.StartTicks == StartTicks ? now : null;

    /// <summary>All living processes.</summary>
    public static IEnumerable<ProcessStat> All() =>
        from folder in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), out _)
        let stat = Read(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
        where stat is { IsAlive: true }
        select stat;

    /// <summary>The command line with blanks; empty for a kernel thread or a process that is gone.</summary>
    public string CommandLine() => ReadOrNull($"/proc/{Pid}/cmdline")?.Replace('\0', ' ').Trim() ?? "";

    /// <summary>User and system time so far, in whole clock ticks; null when it is gone.</summary>
    public static long? CpuTicks(int pid) =>
        ReadOrNull($"/proc/{pid}/stat") is { } text && text[(text.LastIndexOf(')') + 2)..].Split(' ') is var fields
            ? long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// Time on a processor so far, by thread, to the nanosecond. The ticks of /proc/&lt;pid&gt;/stat would round: a process that uses
    /// a tenth of a tick crosses to the next one now and then.
    /// </summary>
    /// <param name="but">The name of threads that are not counted.</param>
    public IReadOnlyDictionary<string, TimeSpan> ThreadTimes(string? but = null) => Directory.EnumerateDirectories($"/proc/{Pid}/task")
        .Where(task => but is null || ReadOrNull(task + "/comm")?.TrimEnd() != but)
        .Select(task => (task, Schedule: ReadOrNull(task + "/schedstat")))
        .Where(t => t.Schedule is not null)
        // 1234567 8910 42: nanoseconds on the processor, nanoseconds waiting for one, turns.
        .ToDictionary(t => t.task, t => TimeSpan.FromMicroseconds(long.Parse(t.Schedule!.Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0));

    /// <summary>Time on a processor since <paramref name="before"/>.</summary>
    public TimeSpan UsedSince(IReadOnlyDictionary<string, TimeSpan> before, string? but = null) =>
        ThreadTimes(but).Aggregate(TimeSpan.Zero, (sum, thread) => sum + thread.Value - before.GetValueOrDefault(thread.Key));

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // gone meanwhile, or another user's
        }
    }
}
