using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// The life of one launch: start its agent, keep its records, serve its socket, end what it leaves behind. One thread, one poll; the
/// daemon may come and go meanwhile.
/// </summary>
internal sealed partial class OneLaunch
{
    /// <summary>How long what the agent left behind may take to obey SIGTERM.</summary>
    private static readonly TimeSpan CleaningTime = TimeSpan.FromSeconds(2);

    /// <summary>For ends that no command set a deadline for.</summary>
    private static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(10);

    /// <summary>How long an agent may take to end after its input was closed.</summary>
    private static readonly TimeSpan AfterEndOfInput = TimeSpan.FromSeconds(2);

    /// <summary>A disk that was full is tried again, and so is a process that even SIGKILL did not end.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks for its turn where the kernel cannot tell it.</summary>
    private static readonly TimeSpan BlindPause = TimeSpan.FromMilliseconds(250);

    private enum Phase
    {
        /// <summary>It waits for its turn; its agent does not run.</summary>
        Queued,

        /// <summary>Its on-create hook runs; its agent does not.</summary>
        Creating,
        Running,

        /// <summary>The agent was asked to end in its own way; SIGTERM comes later.</summary>
        Asking,

        /// <summary>SIGTERM was sent; SIGKILL comes at the deadline.</summary>
        Ending,

        /// <summary>The agent has ended by itself; what it left behind was sent SIGTERM.</summary>
        Cleaning,

        /// <summary>All is over but for the record.</summary>
        Recording,
    }

    private readonly LaunchFolder folder;
    private readonly Orders orders;
    private readonly Hook hook;
    private readonly PollLoop loop = new();
    private readonly SignalDescriptor signals;
    private readonly ShimListener listener;
    private readonly Countdown patience = new();
    private readonly Countdown timeout = new();
    private readonly Countdown orphan = new();
    private readonly Countdown asking = new();
    private readonly Countdown deadline = new();
    private readonly Countdown turnLook = new();
    private LocalSocket? starter;
    private RunningAgent? agent;
    private TreeEnding? tree;
    private AgentInput input;
    private OutputCap? cap;
    private FileEvents? turns;
    private Phase phase;
    private ChildEnd? end;
    private bool hookEnded;
    private DateTimeOffset endedAt;
    private StopRecord? stop;
    private string? unbegun;
    private bool isOver;

    private OneLaunch(LaunchFolder folder, Orders orders, SignalDescriptor signals, LocalSocket listening)
    {
        this.folder = folder;
        this.orders = orders;
        this.signals = signals;
        hook = new Hook(folder, orders);
        input = new AgentInput(null, folder.Path(LaunchFiles.InputKeys), loop);
        listener = new ShimListener(listening, loop, this);
        starter = LocalSocket.Adopt(DetachedProcess.ChannelDescriptor);
    }

    public AgentInput Input => input;

    public string StatusLine => $"{ShimProtocol.Status} {agent?.Pid ?? 0} {agent?.StartTicks ?? 0} {phase switch
    {
        Phase.Queued => "queued",
        Phase.Creating => "creating",
        Phase.Running => "running",
        _ => "stopping",
    }}";

    /// <summary>Owns the launch of this directory from its start to its end; the exit code is for nobody.</summary>
    public static int Own(string path)
    {
        OneLaunch launch;
        try
        {
            launch = Begin(new LaunchFolder(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or CannotLookException)
        {
            return Fail(path, failure.Message);
        }

        launch.Run();
        return 0;
    }

    /// <summary>It cannot be started: who asked is told in the same call.</summary>
    public static int Fail(string path, string problem)
    {
        new LaunchFolder(path).TryWriteFailedStart(problem);
        using var channel = LocalSocket.Adopt(DetachedProcess.ChannelDescriptor);
        channel.Send($"failed {problem.ReplaceLineEndings(" ")}\n");
        return 1;
    }

    /// <summary>Asks for the end. The first who asks is remembered, durably where the disk lets us: an agent that filled it must be stoppable.</summary>
    /// <param name="afterEndOfInput">Its input is ended first, and SIGTERM comes when this is over; null = SIGTERM comes at once.</param>
    public void Stop(TimeSpan limit, string by, TimeSpan? afterEndOfInput = null)
    {
        if (phase is Phase.Cleaning or Phase.Recording)
        {
            return;
        }

        if (stop is null && (stop = folder.ReadStop()) is null)
        {
            stop = new StopRecord(by, DateTimeOffset.UtcNow);
            folder.TryWriteStop(stop);
        }

        deadline.Shorten(limit);
        if (phase is Phase.Queued or Phase.Creating)
        {
            unbegun ??= "it was ended before its agent began";
            hook.Stop();
            return;
        }

        if (phase != Phase.Running)
        {
            return;
        }

        if (afterEndOfInput is { } patience)
        {
            input.Close();
            (phase, _) = (Phase.Asking, asking.Set(patience));
        }
        else if (orders.StopSignal == PoliteSignal.Interrupt && limit > TimeSpan.Zero)
        {
            _ = ProcessSignal.TrySend(agent!.Pid, agent.StartTicks, SignalNumbers.Interrupt, out _);
            (phase, _) = (Phase.Asking, asking.Set(limit / 3));
        }
        else
        {
            Terminate();
        }
    }

    /// <summary>The reader of its output needs nothing any more that stands before this offset.</summary>
    public void NeedOutputFrom(long offset) => cap?.NeedFrom(offset);

    /// <summary>Somebody came to be attached, or the last one left.</summary>
    public void AttachedChanged()
    {
        if (orders.OrphanAfterSeconds > 0)
        {
            _ = listener.IsAnybodyAttached ? orphan.Clear() : orphan.Set(TimeLimit.FromRecord(orders.OrphanAfterSeconds));
        }
    }

    private void Run()
    {
        loop.Add(signals.Descriptor, static () => Readiness.Read, _ => TakeSignals());
        if (folder.IsQueued)
        {
            Queue();
        }
        else
        {
            Create();
        }

        Reap();
        while (!isOver)
        {
            Advance();
            if (!isOver)
            {
                loop.Turn(Countdown.Soonest(patience, timeout, orphan, asking, deadline, turnLook, cap?.Rest, listener.Pause));
            }
        }
    }

    private void TakeSignals()
    {
        while (signals.Next() is { } number)
        {
            switch (number)
            {
                case SignalNumbers.Child:
                    Reap();
                    break;
                case SignalNumbers.Terminate or SignalNumbers.Interrupt or SignalNumbers.Hangup:
                    Stop(UsualDeadline, SignalNumbers.NameOf(number));
                    break;
            }
        }
    }

    private void Reap()
    {
        while (Reaping.TakeNext() is { } ended)
        {
            if (ended.Pid == agent?.Pid && end is null)
            {
                (end, endedAt) = (ended, DateTimeOffset.UtcNow);
            }
            else if (hook.IsShim(ended.Pid))
            {
                hookEnded = true;
            }
        }
    }

    /// <summary>Does what is due. Called after everything that happens, so it decides by state alone.</summary>
    private void Advance()
    {
        if (patience.IsDue)
        {
            patience.Clear();
            Stop(TimeSpan.Zero, StopRecord.Timeout);
            unbegun = "its turn did not come in time";
        }

        if (timeout.IsDue)
        {
            timeout.Clear();
            Stop(UsualDeadline, StopRecord.Timeout);
        }

        if (orphan.IsDue)
        {
            orphan.Clear();
            Stop(UsualDeadline, StopRecord.Orphaned, AfterEndOfInput);
        }

        cap?.LookAgain();
        if (cap is { IsOver: true } && stop is null)
        {
            Stop(UsualDeadline, StopRecord.OutputLimit);
        }

        switch (phase)
        {
            case Phase.Queued when unbegun is { } why:
                NeverBegan(why);
                break;
            case Phase.Queued when !folder.IsQueued:
                Create();
                break;
            case Phase.Queued when turnLook.IsDue:
                turnLook.Set(BlindPause);
                break;
            case Phase.Creating when hookEnded:
                if ((unbegun ?? hook.WhyOnCreateFailed()) is { } problem)
                {
                    NeverBegan(problem);
                }
                else
                {
                    StartAgent();
                }

                break;
            case Phase.Creating when deadline.IsDue:
                deadline.Set(Retry);
                hook.Kill();
                break;
            case Phase.Running when end is not null:
                CleanUp();
                break;
            case Phase.Asking when end is not null && tree!.Count() == 0:
                Record();
                break;
            case Phase.Asking when end is not null || asking.IsDue:
                Terminate();
                break;
            case Phase.Ending or Phase.Cleaning when end is not null && tree!.Count() == 0:
                Record();
                break;
            case Phase.Ending or Phase.Cleaning when deadline.IsDue:
                Kill();
                break;
            case Phase.Recording when deadline.IsDue && agent is null:
                NeverBegan(unbegun!);
                break;
            case Phase.Recording when deadline.IsDue:
                Record();
                break;
        }
    }

    private void Terminate()
    {
        asking.Clear();
        phase = Phase.Ending;
        if (deadline.IsDue)
        {
            Kill();
        }
        else
        {
            tree!.Terminate();
        }
    }

    /// <summary>The agent has ended by itself.</summary>
    private void CleanUp()
    {
        timeout.Clear();
        orphan.Clear();
        if (orders.KeepChildren)
        {
            Record();
            return;
        }

        phase = Phase.Cleaning;
        deadline.Set(CleaningTime);
        if (tree!.Terminate() == 0)
        {
            Record();
        }
    }

    private void Kill()
    {
        tree!.Kill();
        Reap();
        if (end is null)
        {
            // Even SIGKILL has to wait for a process in an uninterruptible call: it lives, and that is what is told.
            deadline.Set(Retry);
            return;
        }

        Record();
    }

    private void Record()
    {
        // It may have ended while it was asked to: what is due no more would keep the loop awake for as long as the record cannot be written.
        asking.Clear();
        phase = Phase.Recording;
        stop ??= folder.ReadStop();
        var left = orders.KeepChildren && stop is null ? Kept() : [.. tree!.Report.Where(one => one.Pid != agent!.Pid)];
        var ended = end!;
        var record = new ExitRecord
        {
            How = ended.Signal is null ? ExitHows.Exited : ExitHows.Signaled,
            ExitCode = ended.ExitCode,
            Signal = ended.Signal,
            OutOfMemory = agent!.Cgroup?.OutOfMemoryKills > 0,
            StartedAt = agent.StartedAt,
            EndedAt = endedAt,
            Stop = stop,
            Leftovers = left,
            UnreadInput = input.Unread(),
        };
        if (!folder.TryWriteExit(record))
        {
            TryAgain();
            return;
        }

        agent.Cgroup?.Remove();
        if (hook.TryBeginOnComplete(record))
        {
            folder.Retire();
        }

        isOver = true;
    }

    /// <summary>The lease stays held until the end is written: better late than lost. Where somebody took the directory away nobody waits for it.</summary>
    private void TryAgain()
    {
        deadline.Set(Retry);
        if (folder.IsGone)
        {
            folder.Retire();
            isOver = true;
        }
    }

    private Leftover[] Kept()
    {
        _ = tree!.Count();
        return [.. tree.Report.Where(one => one.Pid != agent!.Pid).Select(static one => one with { Outcome = Leftover.Kept })];
    }
}
