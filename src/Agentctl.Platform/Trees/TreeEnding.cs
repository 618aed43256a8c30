using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// Ends a set of processes that may grow while it is being ended. Members are asked for anew before every pass; signals go through
/// pidfds, re-checked. Made for one caller at a time.
/// </summary>
/// <param name="members">The living members of now.</param>
/// <param name="killAtOnce">Kills all of them in one call, where there is such a thing.</param>
public sealed class TreeEnding(Func<IReadOnlyList<ProcessEntry>> members, Action? killAtOnce = null)
{
    /// <summary>What cannot be ended in so many rounds is reported.</summary>
    private const int MostRounds = 20;

    /// <summary>How long a killed process may take to be gone before the next round.</summary>
    private const int RoundMs = 100;

    private readonly Dictionary<(int Pid, ulong StartTicks), Leftover> met = [];

    /// <summary>What was found, and what became of it so far.</summary>
    public IReadOnlyList<Leftover> Report => [.. met.Values];

    /// <summary>One pass of SIGTERM and SIGCONT (a stopped process could not obey); how many members there were.</summary>
    public int Terminate()
    {
        var living = Meet(Leftover.Terminated);
        foreach (var member in living)
        {
            Send(member, SignalNumbers.Terminate);
            Send(member, SignalNumbers.Continue);
        }

        return living.Count;
    }

    /// <summary>How many members live.</summary>
    public int Count() => Meet(Leftover.Terminated).Count;

    /// <summary>SIGKILL in rounds until nothing is left; a tree that grew in between is stopped first.</summary>
    public void Kill()
    {
        var before = int.MaxValue;
        for (var round = 0; round < MostRounds; round++)
        {
            var living = Meet(Leftover.Killed);
            if (living.Count == 0)
            {
                return;
            }

            if (living.Count > before)
            {
                foreach (var member in living)
                {
                    Send(member, SignalNumbers.Stop);
                }

                living = Meet(Leftover.Killed);
            }

            before = living.Count;
            killAtOnce?.Invoke();
            foreach (var member in living)
            {
                Send(member, SignalNumbers.Kill);
            }

            PidDescriptors.WaitForAll(living, RoundMs);
        }

        foreach (var survivor in members())
        {
            met[(survivor.Pid, survivor.StartTicks)] = Of(survivor, Leftover.Left);
        }
    }

    /// <summary>The whole of it: terminate, wait, kill what is left. Empty when there was nobody.</summary>
    public static async Task<IReadOnlyList<Leftover>> End(
        Func<IReadOnlyList<ProcessEntry>> members, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var ending = new TreeEnding(members);
        var began = time.GetTimestamp();
        if (deadline > TimeSpan.Zero && ending.Terminate() > 0)
        {
            while (ending.Count() > 0 && deadline - time.GetElapsedTime(began) is { Ticks: > 0 } left)
            {
                // Until those that live now are gone, or a moment has passed: they may have left children.
                await Task.Run(() => PidDescriptors.WaitForAll(members(), (int)Math.Min(left.TotalMilliseconds, 250)), cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        await Task.Run(ending.Kill, cancellationToken).ConfigureAwait(false);
        return ending.Report;
    }

    private IReadOnlyList<ProcessEntry> Meet(string outcome)
    {
        var living = members();
        foreach (var member in living)
        {
            met[(member.Pid, member.StartTicks)] = Of(member, outcome);
        }

        return living;
    }

    private static void Send(ProcessEntry member, int signal) => _ = ProcessSignal.TrySend(member.Pid, member.StartTicks, signal, out _);

    private static Leftover Of(ProcessEntry process, string outcome) => new(process.Pid, process.StartTicks, process.Comm, outcome);
}
