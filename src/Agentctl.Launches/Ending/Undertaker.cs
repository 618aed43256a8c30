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
        if (launch is { Exit: { } claimed, Standing: LaunchStanding.Ended or LaunchStanding.Ending } && RefutedBy(launch, processes) is { } alive)
        {
            var fact = $"{LaunchFiles.Exit} says that it has ended, but its agent, {alive}, is alive; the kernel is believed";
            launch = launch with
            {
                Exit = null,
                RefutedExit = claimed,
                Damage = launch.Damage is null ? fact : $"{launch.Damage}; {fact}",
                Standing = launch.Standing == LaunchStanding.Ending ? LaunchStanding.Held : LaunchStanding.Unattended,
            };
        }

        launch = InItsDirectory(launch, processes);
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
    public IReadOnlyList<Launch> Attend(IReadOnlyList<Launch> launches, IProcessTable processes)
    {
        List<Launch>? changed = null;
        for (var i = 0; i < launches.Count; i++)
        {
            var attended = Attend(launches[i], processes);
            if (!ReferenceEquals(attended, launches[i]))
            {
                (changed ??= [.. launches])[i] = attended;
            }
        }

        return changed ?? launches;
    }

    /// <summary>
    /// Every launch of a list as its shim shows it: the directory that the shim was started for, and whether its agent runs. For decisions
    /// about directories and slots, because it costs more.
    /// </summary>
    /// <param name="launches">As <see cref="Attend(IReadOnlyList{Launch}, IProcessTable)"/> left them.</param>
    public IReadOnlyList<Launch> ConfirmByShims(IReadOnlyList<Launch> launches, IProcessTable processes)
    {
        // Without a record of its shim, a launch would need a look at every process of its own.
        var all = new Lazy<ILookup<string?, ProcessEntry>>(() =>
        {
            var leases = new LaunchLeases(places);
            return processes.All.Where(process => process.UserId == processes.UserId).ToLookup(leases.ShimsLaunch);
        });
        return [.. launches.Select(launch => launch.Standing == LaunchStanding.Held && (launch.Agent is null ? all.Value[launch.Id].FirstOrDefault() : ShimOf(launch, processes)) is { } shim
            ? KernelView.OfShim(launch, shim, processes)
            : launch)];
    }

    /// <summary>What lives of a launch without a shim.</summary>
    public Remains RemainsOf(Launch launch, IProcessTable processes)
    {
        var record = launch.Record;
        if (record.Host != processes.Host)
        {
            return new Remains(true, $"it was launched on {record.Host}, and this is {processes.Host}", [], CannotTell: true);
        }

        // A lock that is held is held in this boot, whatever the record says.
        if (record.BootId != processes.BootId && launch.Standing != LaunchStanding.ShimLost && ProvenAgent(launch, processes) is null)
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
        var isProven = true;
        if (NamedAgent(launch, processes) is { } agent)
        {
            facts.Add($"its agent, {agent.Identity}, is alive");
            if (IsProven(agent, launch, processes))
            {
                living.Add(agent.Identity);
            }
            else
            {
                isProven = false;
                facts.Add($"nothing but {LaunchFiles.Agent} says that this process belongs to it, so it is not signalled");
            }
        }

        if (launch.Standing == LaunchStanding.ShimLost)
        {
            facts.Add("byte 1 of its lease is locked by its agent");
        }

        if ((launch.Agent is not null || launch.IsUnreadable) && living.Count == 0)
        {
            // Only now: reading every environment is dear, and a hint at best, for an agent may clear it.
            var left = LeftBehind(launch, processes);
            living.AddRange(left);
            if (left.Count > 0)
            {
                facts.Add($"{string.Join(", ", left)} {(left.Count == 1 ? "is" : "are")} in its cgroup, or carr{(left.Count == 1 ? "ies" : "y")} {ShimProtocol.Cookie}={record.Id}");
            }
        }

        if (facts.Count > 0)
        {
            return new Remains(true, $"its shim is gone; {string.Join("; ", facts)}", living, CannotTell: !isProven && living.Count == 0);
        }

        return launch is { IsUnreadable: true, Exit: null, RefutedExit: null }
            ? new Remains(true, $"{launch.Damage}; so nothing proves its end. When nothing of it runs any more, remove {places.Of(launch.Id)}", [], CannotTell: true)
            : new Remains(false, launch.AgentIdentity is { } gone ? $"its shim is gone, and so is its agent, {gone}" : "its shim is gone, and its agent had not begun", []);
    }

    /// <summary>The process that agent.json names and that the kernel shows to be of this launch; null when there is none.</summary>
    public ProcessEntry? ProvenAgent(Launch launch, IProcessTable processes) =>
        NamedAgent(launch, processes) is { } agent && IsProven(agent, launch, processes) ? agent : null;

    /// <summary>The living process with the identity that agent.json names, whatever it is.</summary>
    private static ProcessEntry? NamedAgent(Launch launch, IProcessTable processes) =>
        launch.AgentIdentity is { } identity ? processes.Find(identity.Pid, identity.StartTicks) : null;

    /// <summary>
    /// agent.json lies where the agent can write, so what it names is believed only with a sign that the kernel shows: the launch's
    /// cookie in the environment, a file of the launch's directory that is open, the launch's cgroup, or the launch's shim as parent.
    /// </summary>
    private bool IsProven(ProcessEntry process, Launch launch, IProcessTable processes) =>
        process.UserId == processes.UserId
        && (process.Environment?.GetValueOrDefault(ShimProtocol.Cookie) == launch.Id
            || process.HasFileBelow(RealPath.TryResolve(places.Of(launch.Id)) ?? places.Of(launch.Id))
            || LaunchCgroup.TryOpen(launch.Agent?.Cgroup, launch.Id)?.Members.Contains(process.Pid) == true
            || (launch.Holder?.Shim is { } shim && process.ParentPid == shim.Pid));

    /// <summary>The agent that lives although an end is recorded: the shim writes that record when its agent is gone.</summary>
    private ProcessIdentity? RefutedBy(Launch launch, IProcessTable processes)
    {
        // The picture of the processes may be older than the record.
        var now = processes is ProcessTable ? ProcessTable.Take() : processes;
        if (launch.Record.BootId == processes.BootId && launch.Record.Host == processes.Host && ProvenAgent(launch, now) is { } agent)
        {
            return agent.Identity;
        }

        // agent.json may be missing or name another process. A shim that has recorded the end has nothing below it but hooks and kept children.
        return launch is { Standing: LaunchStanding.Ending, Record.KeepChildren: false } && ShimOf(launch, now) is { } shim
            ? ProcessTrees.Below(now, shim.Pid, process => ProcessTrees.HoldsAnotherLease(process, "") || IsHookShim(process, launch)).MinBy(static process => process.StartTicks)?.Identity
            : null;
    }

    private bool IsHookShim(ProcessEntry process, Launch launch) =>
        LeaseHolder.IsShim(process.Pid, Path.Combine(places.Of(launch.Id), LaunchFiles.OnComplete, LaunchFiles.Lease)) == true;

    private ProcessEntry? ShimOf(Launch launch, IProcessTable processes) => launch.Holder?.Shim is { } hidden
        ? processes.Find(hidden.Pid, hidden.StartTicks)
        : LeaseHolder.FindShim(Path.Combine(places.Of(launch.Id), LaunchFiles.Lease), processes, launch.Agent?.ShimPid);

    /// <summary>Where a launch that cannot be read works, as the kernel shows it: nobody else is admitted there.</summary>
    private Launch InItsDirectory(Launch launch, IProcessTable processes)
    {
        if (launch is not { IsUnreadable: true, Record: { Cwd: null, Conversation: null } } || !launch.IsHeld)
        {
            return launch;
        }

        // The shim was started with the launch's directory in its environment, which no other process can change.
        var shim = ShimOf(launch, processes);
        var directory = (ProvenAgent(launch, processes) is { } agent ? [agent] : LeftBehind(launch, processes).Select(left => processes.Find(left.Pid, left.StartTicks)).OfType<ProcessEntry>())
            .Concat(shim is null ? [] : ProcessTrees.Below(processes, shim.Pid, static _ => false))
            .Select(static process => process.WorkingDirectory)
            .Prepend(shim?.Environment?.GetValueOrDefault(ShimProtocol.Directory))
            .FirstOrDefault(static cwd => cwd is not null && cwd.StartsWith('/'));
        return directory is null ? launch : launch with { Record = launch.Record with { Cwd = directory } };
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
            exit = exit with { Stop = LaunchFolder.TryRead(folder, LaunchFiles.Stop, LaunchJson.Default.StopRecord, out _) };
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
