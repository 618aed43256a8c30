using System.Collections.Concurrent;
using System.Text;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// What our launches add to what the adapters saw, and the sessions that only a launch tells of. The same inputs give the same
/// instance again, as for every sighting. Thread-safe.
/// </summary>
internal sealed class LaunchSightings(AgentEnvironment environment, LaunchPlaces places, AcpStandings acp, IReadOnlyCollection<string> tellTurns, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Made> made = new(StringComparer.Ordinal);

    private sealed record Made(Sighting? Native, Launch Launch, bool IsYoung, QueueStanding? Queued, AcpTelling? Told, Sighting Sighting);

    /// <param name="native">What the adapter saw of the same session, if it did.</param>
    /// <param name="launch">The newest launch of the session.</param>
    /// <param name="queued">What it waits for, when it waits for its turn.</param>
    public Sighting Of(Sighting? native, Launch launch, QueueStanding? queued = null)
    {
        var isYoung = launch.IsHeld && time.GetUtcNow() - BeganAt(launch) < LaunchFacts.Youth;
        var told = launch.Record.Conversation is { } conversation ? acp.Tell(conversation, launch, Show(conversation)) : null;
        if (made.TryGetValue(launch.Id, out var last) && ReferenceEquals(last.Native, native) && last.Launch == launch && last.IsYoung == isYoung && last.Queued == queued && last.Told == told)
        {
            return last.Sighting;
        }

        var sighting = Describe(native, launch, isYoung, queued, told);
        made[launch.Id] = new Made(native, launch, isYoung, queued, told, sighting);
        return sighting;
    }

    /// <summary>Forgets what is not among these any more.</summary>
    /// <param name="launches">Every launch whose record is kept.</param>
    public void Keep(IReadOnlyList<Launch> launches)
    {
        var ids = launches.Select(static launch => launch.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in made.Keys.Where(id => !ids.Contains(id)))
        {
            made.TryRemove(id, out _);
        }

        acp.Keep(launches.Select(static launch => launch.Record.Conversation).OfType<string>().ToHashSet(StringComparer.Ordinal));
    }

    private Sighting Describe(Sighting? native, Launch launch, bool isYoung, QueueStanding? queued, AcpTelling? told)
    {
        var record = launch.Record;
        var facts = new LaunchFacts
        {
            LaunchId = launch.Id,
            LaunchedAt = record.LaunchedAt,
            IsHeld = launch.IsHeld,
            Evidence = launch.Exit is { } exit ? EndOf(launch, exit) : launch.IsQueued ? QueueOf(launch, queued).Evidence : HoldOf(launch),
            Exit = launch.Exit,
            Agent = launch.AgentIdentity,
            Shim = launch.IsHeld ? launch.ShimIdentity : null,
            IsYoung = isYoung,
            TellsTurns = told is not null || tellTurns.Contains(record.Adapter),
            Conversation = record.Conversation,
            EndReason = launch.Told?.EndReason,
            CannotTell = launch.Remains is { CannotTell: true } || (launch.Record.Adapter == Agentctl.Launches.Launch.UnknownAdapter && launch.IsHeld),
            IsUnreadable = launch.Damage is not null,
            Queue = launch.IsQueued ? QueueOf(launch, queued) : null,
        };
        var alias = LaunchId.Provisional(launch.Id);
        var own = native ?? new Sighting
        {
            Adapter = record.Adapter,
            Id = launch.SessionName,
            Facts = new Facts { Holder = Holder.None, Signal = Signal.None },
            StartedAt = BeganAt(launch),
        };
        return own with
        {
            Aliases = [.. own.Aliases.Union(record.Conversation is { } acpSession ? [alias, acpSession] : [alias]).Where(name => name != own.Id)],
            Facts = Speaking(own.Facts, told) with
            {
                Launch = facts,
                Process = launch.IsHeld ? launch.AgentIdentity ?? own.Facts.Process : own.Facts.Process,
                Others = [.. own.Facts.Others, .. OthersOf(launch)],
            },
            Owner = launch.IsHeld || launch.IsQueued || IsUnclaimed(own) ? Owner.Agentctl : own.Owner,
            StoppedAt = launch.Exit?.EndedAt ?? own.StoppedAt,
            LastActivityAt = Latest(own.StartedAt, own.LastActivityAt, launch.Exit?.EndedAt ?? told?.Evidence.ObservedAt ?? record.LaunchedAt),
            ExitCode = launch.Exit is { } ended ? ended.ExitCode ?? (ended.Signal is { } signal ? 128 + signal : null) : own.ExitCode,
            Launched = new LaunchDescription
            {
                Cwd = record.Cwd,
                Model = record.Model,
                Prompt = told?.Prompt ?? (record.Prompt is { Length: > 0 } prompt ? prompt : null),
                Group = record.Group,
                Spec = record.Spec,
                Meta = MetaOf(record),
            },
        };
    }

    /// <summary>Who speaks to an agent over ACP knows what it is doing: that decides, what else is seen is shown.</summary>
    private static Facts Speaking(Facts seen, AcpTelling? told) => told is null ? seen : seen with
    {
        Signal = told.Signal,
        WaitingFor = told.WaitingFor,
        SignalEvidence = told.Evidence,
        Others = seen.SignalEvidence is { } other ? [.. seen.Others, other] : seen.Others,
    };

    private string Show(string conversation) => environment.Tilde(Path.Combine(places.Conversations, conversation, "journal"));

    /// <summary>One that waited for its turn began when that came.</summary>
    private static DateTimeOffset BeganAt(Launch launch) => launch is { Record.WasQueued: true, Agent.StartedAt: var startedAt } ? startedAt : launch.Record.LaunchedAt;

    private QueueFacts QueueOf(Launch launch, QueueStanding? standing) => standing is QueueStanding.Waits waits
        ? new QueueFacts(waits.Reason, new Evidence(Show(launch, LaunchFiles.Queued), waits.Fact, launch.Queued!.QueuedAt))
        : new QueueFacts("next", new Evidence(Show(launch, LaunchFiles.Queued), "nothing is in its way any more; a daemon lets it go", launch.Queued!.QueuedAt));

    private Evidence HoldOf(Launch launch)
    {
        var agent = launch.Agent is { } known ? $"its agent is pid {known.Pid} with start {known.StartTicks}" : "its agent has not begun yet";
        return launch.Remains is { } remains
            ? new Evidence(Show(launch, LaunchFiles.Lease), $"shim-lost: {remains.Fact}", launch.Agent?.StartedAt ?? launch.Record.LaunchedAt)
            : new Evidence(
                Show(launch, LaunchFiles.Lease),
                launch.Agent is { } held ? $"byte 0 is locked by its shim (pid {held.ShimPid}); {agent}" : $"byte 0 is locked; {agent}",
                launch.Agent?.StartedAt ?? launch.Record.LaunchedAt);
    }

    private Evidence EndOf(Launch launch, ExitRecord exit)
    {
        var how = exit.How switch
        {
            ExitHows.Exited => $"exited with code {exit.ExitCode}",
            ExitHows.Signaled => $"ended by signal {exit.Signal}{(exit.OutOfMemory ? " (out of memory: memory.events of its cgroup)" : "")}",
            ExitHows.Reboot => $"the machine was booted while it ran: {exit.Problem}",
            ExitHows.FailedToStart => $"its program never ran: {exit.Problem}",
            _ => $"lost: {exit.Problem}",
        };
        var asked = exit.Stop is { } stop ? $"; {stop.By} had asked for the end at {stop.AskedAt.UtcDateTime:HH:mm:ss.fff}" : "";
        var left = exit.Leftovers.Count == 0 ? "" : $"; it left {string.Join(", ", exit.Leftovers.Select(static left => $"pid {left.Pid} ({left.Comm}): {left.Outcome}"))}";
        return new Evidence(Show(launch, LaunchFiles.Exit), how + asked + left, exit.EndedAt);
    }

    private IEnumerable<Evidence> OthersOf(Launch launch)
    {
        if (launch.Agent is { } agent)
        {
            yield return new Evidence(
                Show(launch, LaunchFiles.Agent),
                $"launched as pid {agent.Pid} with start {agent.StartTicks} by shim {agent.ShimPid}, contained by {agent.Containment}{(agent.Cgroup is { } cgroup ? $" {cgroup}" : "")}",
                agent.StartedAt);
        }

        if (launch.Exit is { ExitCode: > 0 } or { Signal: not null } && LastWords(launch) is { } words)
        {
            yield return new Evidence(Show(launch, LaunchFiles.Errors), $"its last words: {words}", launch.Exit.EndedAt);
        }

        if (launch.Damage is { } damage)
        {
            yield return new Evidence(environment.Tilde(places.Of(launch.Id)), damage, launch.Record.LaunchedAt);
        }

        if (launch is { Stop: { } stop, Exit: null })
        {
            yield return new Evidence(Show(launch, LaunchFiles.Stop), $"{stop.By} asked for its end", stop.AskedAt);
        }
    }

    /// <summary>The last line it wrote to its standard error; null when it wrote none, or it has expired.</summary>
    private string? LastWords(Launch launch)
    {
        try
        {
            return JsonLines.Backward(Path.Combine(places.Of(launch.Id), LaunchFiles.Errors)).Select(static line => Encoding.UTF8.GetString(line.Bytes.Span)).FirstOrDefault();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static SortedDictionary<string, string> MetaOf(LaunchRecord record)
    {
        var meta = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in record.Meta)
        {
            meta[key] = value;
        }

        meta["launch"] = record.Id;
        Add("name", record.Name);
        Add("branch", record.Branch);
        Add("permissionMode", record.PermissionMode);
        Add("forced", record.Forced ? "true" : null);
        return meta;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                meta[key] = value;
            }
        }
    }

    private string Show(Launch launch, string file) => environment.Tilde(Path.Combine(places.Of(launch.Id), file));

    /// <summary>Nobody else runs it: the launch that has ended was the last to do so.</summary>
    private static bool IsUnclaimed(Sighting own) => own is { Owner: Owner.Unknown, Facts.Holder: Holder.None or Holder.Gone };

    private static DateTimeOffset? Latest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        var latest = times[0];
        foreach (var time in times)
        {
            latest = time is null || latest >= time ? latest : time;
        }

        return latest;
    }
}
