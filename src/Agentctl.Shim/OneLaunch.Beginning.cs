using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>Until its agent runs: its turn, its on-create hook, its start.</summary>
internal sealed partial class OneLaunch
{
    private static OneLaunch Begin(LaunchFolder folder)
    {
        var asked = folder.ReadOrders();
        var leasePath = folder.Path(LaunchFiles.Lease);
        if (!Lease.IsHeld(leasePath))
        {
            throw new IOException($"{leasePath} is not held: whoever launched this was killed before it could hand it over");
        }

        RawFile.CloseOnExec(DetachedOptions.LeaseDescriptor);
        RawFile.CloseOnExec(DetachedProcess.ChannelDescriptor);
        var descriptor = SignalDescriptor.Open(SignalNumbers.OfShim);
        Reaping.BecomeSubreaper();
        return new OneLaunch(folder, asked, descriptor, LocalSocket.Listen(folder.Path(LaunchFiles.Socket)));
    }

    /// <summary>From here on the file decides: who takes it away lets the agent begin, whatever becomes of him.</summary>
    private void Queue()
    {
        phase = Phase.Queued;
        turns = FileEvents.TryWatchRemovals(folder.Root);
        if (turns is null)
        {
            // The kernel has no inotify instance left for this user: it looks by itself.
            turnLook.Set(BlindPause);
        }
        else
        {
            loop.Add(turns.Descriptor, static () => Readiness.Read, _ => turns.Drain());
        }

        if (orders.QueueTimeoutSeconds is { } seconds)
        {
            patience.Set(TimeLimit.FromRecord(seconds));
        }

        Say("queued");
        HangUp();
    }

    /// <summary>Its turn has come.</summary>
    private void Create()
    {
        patience.Clear();
        turnLook.Clear();
        if (turns is not null)
        {
            loop.Remove(turns.Descriptor);
            RawFile.Close(turns.Descriptor);
            turns = null;
        }

        if (orders.OnCreate is not { } script)
        {
            StartAgent();
            return;
        }

        phase = Phase.Creating;
        Say("creating");
        try
        {
            hook.BeginOnCreate(script);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            (unbegun, hookEnded) = ($"Hook onCreate failed: {failure.Message}", true);
        }
    }

    private void StartAgent()
    {
        try
        {
            agent = RunningAgent.Start(folder, orders);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or CannotLookException)
        {
            NeverBegan(failure.Message);
            return;
        }

        phase = Phase.Running;
        tree = new TreeEnding(new LaunchTree(orders.Id, folder.Path(LaunchFiles.Lease), agent.Cgroup).Members, agent.Cgroup is { } cgroup ? cgroup.Kill : null);
        input = new AgentInput(agent.Input, folder.Path(LaunchFiles.InputKeys), loop);
        cap = OutputCap.Begin(agent, orders, folder, loop);

        // Who started us may be gone by now: the agent runs all the same, and is listed.
        Say($"ready {agent.Pid} {agent.StartTicks}");
        HangUp();
        if (orders.TimeoutSeconds is { } seconds)
        {
            timeout.Set(TimeLimit.FromRecord(seconds));
        }

        AttachedChanged();
        input.WriteFirst(orders, folder);
    }

    /// <summary>Its end without a beginning.</summary>
    private void NeverBegan(string problem)
    {
        unbegun = problem;
        turnLook.Clear();
        phase = Phase.Recording;
        var record = new ExitRecord { How = ExitHows.FailedToStart, EndedAt = DateTimeOffset.UtcNow, Problem = problem, Stop = stop };
        if (!folder.TryWriteExit(record))
        {
            TryAgain();
            return;
        }

        folder.Retire();

        // Of what failed at once nothing is kept: its caller is told why by this line.
        Say($"{(orders.OnCreate is null ? "failed" : "unbegun")} {problem.ReplaceLineEndings(" ")}");
        HangUp();
        isOver = true;
    }

    private void Say(string line) => starter?.Send(line + "\n");

    private void HangUp()
    {
        starter?.Dispose();
        starter = null;
    }
}
