using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Starts one agent under a shim of its own. The lease is taken here and handed over, so from the first record on there is no moment
/// in which nobody holds it; whatever dies in between is seen by whoever looks next.
/// </summary>
public sealed class Launcher(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, QueuedLaunches queue, LaunchSettings settings, TimeProvider time)
{
    /// <summary>How long a shim may take until its agent runs. It has nothing to wait for but the disk.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long a launch may take to be taken back after its caller gave up.</summary>
    private static readonly TimeSpan TakeBackPatience = TimeSpan.FromSeconds(10);

    /// <exception cref="LaunchInterruptedException">Cancelled after its shim was started.</exception>
    public async Task<LaunchOutcome> Start(LaunchRequest request, CancellationToken cancellationToken)
    {
        if (settings.ShimPath is not { } shim)
        {
            return new LaunchOutcome.Failed($"agentctl-shim was not found beside {Environment.ProcessPath}; set {LaunchSettings.ShimVariable} to its path, or build it: eng/publish");
        }

        var record = RecordOf(request, ProcessTable.Take());
        try
        {
            Refusal? overridden;
            ShimStart start;
            using (var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false))
            {
                var rules = admission.Rules(settings.Limits, settings.DirectoryRule);
                var living = admission.Living();
                var refusal = rules.Decide(record, [.. living.Where(static launch => launch.IsHeld)], request.Force, out overridden);
                if (request.Queue && refusal is null or Refusal.NoSlot or Refusal.DirectoryInUse or Refusal.DirectoryLocked
                    && queue.Standing(record, request.Force, living, rules) is QueueStanding.Waits waits)
                {
                    var waiting = await Wait(record, request, shim, waits, QueuedLaunches.Next(living), cancellationToken).ConfigureAwait(false);
                    return waiting is LaunchOutcome.Queued queued ? queued with { Full = refusal as Refusal.NoSlot } : waiting;
                }

                if (refusal is not null)
                {
                    return new LaunchOutcome.Refused(refusal);
                }

                start = await Begin(record with { Forced = overridden is not null }, request, shim, queued: null, cancellationToken).ConfigureAwait(false);
            }

            using (start)
            {
                return await Outcome(record, start, overridden, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
        {
            return new LaunchOutcome.Failed(failure.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && store.Find(record.Id) is not null)
        {
            throw new LaunchInterruptedException(record.Id, await HasBegunOrTakeBack(record.Id).ConfigureAwait(false), cancellationToken);
        }
    }

    /// <summary>What becomes of a launch whose caller gave up: an agent that runs goes on, one that does not is not started any more.</summary>
    private async Task<bool> HasBegunOrTakeBack(string launchId)
    {
        if (store.Find(launchId) is not { Agent: null } launch)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(TakeBackPatience);
        try
        {
            var outcome = await new LaunchStop(store, undertaker, locks, time).Stop(launch, TimeSpan.Zero, StopRecord.User, limit.Token).ConfigureAwait(false);
            return !outcome.IsOver;
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>
    /// The first of these launches that could not run beside all that runs and those before it; null when all could. A look, not a
    /// promise: each is decided again when it starts.
    /// </summary>
    public async Task<(int Index, Refusal Why)?> WouldRefuse(IReadOnlyList<LaunchRequest> requests, CancellationToken cancellationToken)
    {
        var processes = ProcessTable.Take();
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        return admission.FirstRefused(
            [.. requests.Select(request => (RecordOf(request, processes), request.Force))], admission.Rules(settings.Limits, settings.DirectoryRule));
    }

    private async Task<LaunchOutcome> Wait(
        LaunchRecord record, LaunchRequest request, string shim, QueueStanding.Waits waits, long position, CancellationToken cancellationToken)
    {
        using var start = await Begin(record, request, shim, new QueuedRecord(position, record.LaunchedAt, request.Force), cancellationToken).ConfigureAwait(false);
        return start.Said == "queued" ? new LaunchOutcome.Queued(record.Id, waits) : await Outcome(record, start, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lays everything down and starts the shim: what it says first is that it waits, that a hook runs, or how the start went.</summary>
    private async Task<ShimStart> Begin(LaunchRecord record, LaunchRequest request, string shim, QueuedRecord? queued, CancellationToken cancellationToken)
    {
        var folder = store.Places.Of(record.Id);
        try
        {
            using var lease = Lay(record, request.Plan, folder, queued);
            var start = new ShimStart(DetachedProcess.Start(shim, [folder], ShimEnvironment(request, record), "/", DetachedOptions.ForShim(lease)));
            await start.Hear(Patience, cancellationToken).ConfigureAwait(false);
            return start;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(record.Id);
            throw;
        }
    }

    private async Task<LaunchOutcome> Outcome(LaunchRecord record, ShimStart start, Refusal? overridden, CancellationToken cancellationToken)
    {
        if (start.Said == "creating")
        {
            // The hook has its own limit, and the shim keeps it.
            await start.Hear(HookLaunch.Limit + Patience, cancellationToken).ConfigureAwait(false);
        }

        if (start.Said.Split(' ') is ["ready", var pid, _] && int.TryParse(pid, out var agentPid))
        {
            return new LaunchOutcome.Started(record.Id, agentPid, overridden);
        }

        if (start.Said.StartsWith("failed ", StringComparison.Ordinal))
        {
            Remove(record.Id);
            return new LaunchOutcome.Failed(start.Said["failed ".Length..]);
        }

        return new LaunchOutcome.Failed(start.Said.StartsWith("unbegun ", StringComparison.Ordinal)
            ? $"{start.Said["unbegun ".Length..]}. What it said: agentctl status {LaunchId.Provisional(record.Id)}"

            // It said nothing: its end, if it is one, is the undertaker's to find out; nothing here may guess.
            : $"the shim of launch {record.Id} ended, or did not say within {Patience.TotalSeconds:0} s that its agent runs; see: agentctl explain {record.Id}");
    }

    /// <summary>Everything that has to be there before the shim is; the returned lease holds byte 0.</summary>
    private Lease Lay(LaunchRecord record, LaunchPlan plan, string folder, QueuedRecord? queued)
    {
        var places = store.Places;
        PrivateDirectory.Ensure(places.Live);
        PrivateDirectory.Ensure(places.Launches);
        OwnFile.CreateEmpty(places.LiveMarker(record.Id));
        PrivateDirectory.Ensure(folder);
        var lease = Lease.TryTake(Path.Combine(folder, LaunchFiles.Lease)) ?? throw new IOException($"{folder} is already held");
        try
        {
            if (plan.StdinText is { } text)
            {
                DurableFile.Replace(Path.Combine(folder, LaunchFiles.Input), Encoding.UTF8.GetBytes(text), LaunchFolder.Private);
            }

            if (queued is not null)
            {
                queue.Write(record.Id, queued);
            }

            LaunchFolder.Write(folder, LaunchFiles.Launch, record, LaunchJson.Default.LaunchRecord);
            DurableFile.SyncDirectory(places.Live);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private LaunchRecord RecordOf(LaunchRequest request, ProcessTable processes) => new()
    {
        Id = LaunchId.New(),
        Adapter = request.Adapter,
        LaunchedAt = time.GetUtcNow(),
        BootId = processes.BootId,
        Host = processes.Host,
        PidNamespace = processes.PidNamespace,
        Program = request.Plan.Program,
        Arguments = request.Plan.Arguments,
        Cwd = request.Cwd,
        Prompt = request.Prompt,
        Stdin = request.Plan.Stdin,
        StopSignal = request.Plan.StopSignal,
        SessionId = request.Plan.SessionId,
        IsResume = request.IsResume,
        Model = request.Plan.Model,
        PermissionMode = request.Plan.PermissionMode,
        Name = request.Name,
        Group = request.Group,
        Spec = request.Spec,
        Branch = request.Branch,
        Meta = request.Meta,
        Conversation = request.Conversation,
        KeepChildren = request.KeepChildren,
        TimeoutSeconds = request.Timeout?.TotalSeconds,
        OrphanAfterSeconds = request.OrphanAfter.TotalSeconds,
        OutputCapBytes = settings.OutputCapBytes,
        OutputLimitBytes = request.OutputLimitBytes,
        OnCreate = request.OnCreate,
        OnComplete = request.OnComplete,
        WasQueued = request.Queue,
        QueueTimeoutSeconds = request.QueueTimeout?.TotalSeconds,
    };

    /// <summary>
    /// The caller's variables; PWD as a shell sets it, because some agents read it instead of asking the kernel; and what the shim is
    /// recognized by, whatever the agent does with its files.
    /// </summary>
    private Dictionary<string, string> ShimEnvironment(LaunchRequest request, LaunchRecord record)
    {
        var variables = new Dictionary<string, string>(request.Environment)
        {
            ["PWD"] = request.Cwd, [ShimProtocol.Folder] = LaunchLeases.FolderOf(store.Places, record.Id), [ShimProtocol.Directory] = request.Cwd,
        };
        variables.Remove(ShimProtocol.Conversation);
        if (record.Conversation is { } conversation)
        {
            variables[ShimProtocol.Conversation] = conversation;
        }

        return variables;
    }

    /// <summary>Nothing of a launch that never ran is kept: its caller was told why in the same call.</summary>
    private void Remove(string id)
    {
        OwnDirectory.Delete(store.Places.Launches, id);
        File.Delete(store.Places.LiveMarker(id));
    }
}
