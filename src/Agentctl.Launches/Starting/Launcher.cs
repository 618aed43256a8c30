using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Starts one agent under a shim of its own. The lease is taken here and handed over, so from the first record on there is no moment
/// in which nobody holds it; whatever dies in between is seen by whoever looks next.
/// </summary>
public sealed class Launcher(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, LaunchSettings settings, TimeProvider time)
{
    /// <summary>How long a shim may take until its agent runs. It has nothing to wait for but the disk.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<LaunchOutcome> Start(LaunchRequest request, CancellationToken cancellationToken)
    {
        if (settings.ShimPath is not { } shim)
        {
            return new LaunchOutcome.Failed($"agentctl-shim was not found beside {Environment.ProcessPath}; set {LaunchSettings.ShimVariable} to its path, or build it: eng/publish");
        }

        try
        {
            var record = RecordOf(request, ProcessTable.Take());
            using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
            return admission.Decide(record, settings.Limits, settings.DirectoryRule, request.Force, out var overridden) is { } refusal
                ? new LaunchOutcome.Refused(refusal)
                : await StartAdmitted(record with { Forced = overridden is not null }, request, shim, overridden, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
        {
            return new LaunchOutcome.Failed(failure.Message);
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
        return admission.FirstRefused([.. requests.Select(request => (RecordOf(request, processes), request.Force))], settings.Limits, settings.DirectoryRule);
    }

    private async Task<LaunchOutcome> StartAdmitted(
        LaunchRecord record, LaunchRequest request, string shim, Refusal? overridden, CancellationToken cancellationToken)
    {
        var folder = store.Places.Of(record.Id);
        try
        {
            using var lease = Lay(record, request.Plan, folder);
            using var started = DetachedProcess.Start(shim, [folder], request.Environment, "/", DetachedOptions.ForShim(lease));
            var said = await FirstLine(started.Channel, cancellationToken).ConfigureAwait(false);
            if (said.Split(' ') is ["ready", var pid, _] && int.TryParse(pid, out var agentPid))
            {
                return new LaunchOutcome.Started(record.Id, agentPid, overridden);
            }

            if (said.StartsWith("failed ", StringComparison.Ordinal))
            {
                Remove(record.Id, folder);
                return new LaunchOutcome.Failed(said["failed ".Length..]);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Remove(record.Id, folder);
            throw;
        }

        // It said nothing: its end, if it is one, is the undertaker's to find out; nothing here may guess.
        return new LaunchOutcome.Failed($"the shim of launch {record.Id} ended, or did not say within {Patience.TotalSeconds:0} s that its agent runs; see: agentctl explain {record.Id}");
    }

    /// <summary>Everything that has to be there before the shim is; the returned lease holds byte 0.</summary>
    private Lease Lay(LaunchRecord record, LaunchPlan plan, string folder)
    {
        var places = store.Places;
        PrivateDirectory.Ensure(places.Live);
        PrivateDirectory.Ensure(places.Launches);
        File.WriteAllBytes(places.LiveMarker(record.Id), []);
        PrivateDirectory.Ensure(folder);
        var lease = Lease.TryTake(Path.Combine(folder, LaunchFiles.Lease)) ?? throw new IOException($"{folder} is already held");
        try
        {
            if (plan.StdinText is { } text)
            {
                DurableFile.Replace(Path.Combine(folder, LaunchFiles.Input), Encoding.UTF8.GetBytes(text), LaunchFolder.Private);
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
        KeepChildren = request.KeepChildren,
        TimeoutSeconds = request.Timeout?.TotalSeconds,
        OrphanAfterSeconds = request.OrphanAfter.TotalSeconds,
        OutputCapBytes = settings.OutputCapBytes,
    };

    /// <summary>What the shim says of its start; empty when it said nothing.</summary>
    private static async Task<string> FirstLine(Socket channel, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        var said = new byte[8192];
        var length = 0;
        try
        {
            while (length < said.Length && !said.AsSpan(0, length).Contains((byte)'\n')
                && await channel.ReceiveAsync(said.AsMemory(length), SocketFlags.None, deadline.Token).ConfigureAwait(false) is > 0 and var more)
            {
                length += more;
            }
        }
        catch (SocketException)
        {
            // Reset when it died: what it said until then is all it said.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It takes too long; told by saying nothing.
        }

        return Encoding.UTF8.GetString(said, 0, length).TrimEnd('\n');
    }

    /// <summary>Nothing of a launch that never ran is kept: its caller was told why in the same call.</summary>
    private void Remove(string id, string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        File.Delete(store.Places.LiveMarker(id));
    }
}
