using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Looks after launches whose shim was killed: it finds out what still lives, and records the end of what does not. Any process may do
/// that, and several at once: the record is created, never replaced, so the first one counts. No lock is taken, because a process that
/// the agent left behind could hold it for ever.
/// </summary>
/// <param name="hooks">Begins what a killed shim would have begun after the end.</param>
public sealed class Undertaker(LaunchPlaces places, LaunchHooks hooks)
{
    /// <summary>
    /// The launch as it really stands: unchanged when its shim lives or its end is recorded; else with what remains of it, or with
    /// the end that was written now.
    /// </summary>
    public Launch Attend(Launch launch, IProcessTable processes)
    {
        if (launch.Standing is not (LaunchStanding.ShimLost or LaunchStanding.Unattended))
        {
            return launch;
        }

        var remains = RemainsOf(launch, processes);
        return remains.Lives
            ? launch with { Remains = remains }
            : launch with { Exit = RecordEnd(launch, remains, processes), Standing = LaunchStanding.Ended, Remains = remains };
    }

    /// <summary>Every launch of a list.</summary>
    public IReadOnlyList<Launch> Attend(IReadOnlyList<Launch> launches, IProcessTable processes) =>
        launches.Any(static launch => launch.Standing is LaunchStanding.ShimLost or LaunchStanding.Unattended)
            ? [.. launches.Select(launch => Attend(launch, processes))]
            : launches;

    /// <summary>What lives of a launch without a shim.</summary>
    public static Remains RemainsOf(Launch launch, IProcessTable processes)
    {
        var record = launch.Record;
        if (record.Host != processes.Host)
        {
            return new Remains(true, $"it was launched on {record.Host}, and this is {processes.Host}", [], CannotTell: true);
        }

        if (record.BootId != processes.BootId)
        {
            return new Remains(false, "the machine was booted since", []);
        }

        if (record.PidNamespace != processes.PidNamespace)
        {
            return launch.Standing == LaunchStanding.ShimLost
                ? new Remains(true, "its shim is gone; byte 1 of its lease is locked by its agent", [])
                : new Remains(true, "its shim is gone, and its processes belong to another pid namespace", [], CannotTell: true);
        }

        var living = new List<ProcessIdentity>();
        var facts = new List<string>();
        if (launch.AgentIdentity is { } agent && processes.Find(agent.Pid, agent.StartTicks) is not null)
        {
            living.Add(agent);
            facts.Add($"its agent, {agent}, is alive");
        }

        if (launch.Standing == LaunchStanding.ShimLost)
        {
            facts.Add("byte 1 of its lease is locked by its agent");
        }

        if (launch.Agent is not null && living.Count == 0)
        {
            // Only now: reading every environment is dear, and a hint at best, for an agent may clear it.
            var left = LeftBehind(launch, processes);
            living.AddRange(left);
            if (left.Count > 0)
            {
                facts.Add($"{string.Join(", ", left)} {(left.Count == 1 ? "is" : "are")} in its cgroup, or carr{(left.Count == 1 ? "ies" : "y")} {ShimProtocol.Cookie}={record.Id}");
            }
        }

        return facts.Count > 0
            ? new Remains(true, $"its shim is gone; {string.Join("; ", facts)}", living)
            : new Remains(false, launch.AgentIdentity is { } gone ? $"its shim is gone, and so is its agent, {gone}" : "its shim is gone, and its agent had not begun", []);
    }

    /// <summary>
    /// What a launch has left behind beside its agent: the members of its cgroup, and what carries its cookie. A daemon or another
    /// launch's shim that was born in there does not belong to it.
    /// </summary>
    public static IReadOnlyList<ProcessIdentity> LeftBehind(Launch launch, IProcessTable processes)
    {
        var members = LaunchCgroup.TryOpen(launch.Agent?.Cgroup, launch.Id)?.Members.ToHashSet() ?? [];
        return
        [
            .. processes.All
                .Where(process => members.Contains(process.Pid)
                    || (process.UserId == processes.UserId && process.Environment?.GetValueOrDefault(ShimProtocol.Cookie) == launch.Id))
                .Where(static process => !ProcessTrees.HoldsAnotherLease(process, ""))
                .Select(static process => process.Identity),
        ];
    }

    /// <summary>
    /// Records the end once: the second caller reads what the first has written. On a disk that takes nothing the end is reported all the
    /// same, and the next caller tries to write it.
    /// </summary>
    private ExitRecord RecordEnd(Launch launch, Remains remains, IProcessTable processes)
    {
        var folder = places.Of(launch.Id);
        var exit = new ExitRecord
        {
            How = launch.Record.BootId != processes.BootId ? ExitHows.Reboot : launch.Agent is null ? ExitHows.FailedToStart : ExitHows.Lost,
            StartedAt = launch.Agent?.StartedAt,
            // As precise as it is written: who reads the record tells the same.
            EndedAt = DateTimeOffset.FromUnixTimeMilliseconds((LastSign(folder) ?? launch.Record.LaunchedAt).ToUnixTimeMilliseconds()),
            Stop = launch.Stop,
            Problem = remains.Fact,
            ByUndertaker = true,
        };
        try
        {
            // A request that came after this look began counts too.
            exit = exit with { Stop = LaunchFolder.Read(folder, LaunchFiles.Stop, LaunchJson.Default.StopRecord) };
            File.Delete(Path.Combine(folder, LaunchFiles.Reserve));
            if (!LaunchFolder.TryCreate(folder, LaunchFiles.Exit, exit, LaunchJson.Default.ExitRecord))
            {
                return LaunchFolder.Read(folder, LaunchFiles.Exit, LaunchJson.Default.ExitRecord) ?? exit;
            }

            hooks.Complete(launch with { Exit = exit });
            LaunchCgroup.TryOpen(launch.Agent?.Cgroup, launch.Id)?.Remove();
            return exit;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return exit;
        }
    }

    /// <summary>When it last wrote something: nobody saw its end, and this is a time at which it still was there.</summary>
    private static DateTimeOffset? LastSign(string folder)
    {
        DateTimeOffset? last = null;
        foreach (var name in (string[])[LaunchFiles.Output, LaunchFiles.Errors, LaunchFiles.Agent])
        {
            last = NativeFile.Stat(Path.Combine(folder, name)) is { } file && (last is null || file.ModifiedAt > last) ? file.ModifiedAt : last;
        }

        return last;
    }
}
