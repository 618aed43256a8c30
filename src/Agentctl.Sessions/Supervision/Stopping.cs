using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Stops, speaks to and interrupts sessions, each through whoever owns it (law L9). What agentctl did not launch is signalled only
/// when its process is proven to be the session's, and in somebody's terminal only with consent.
/// </summary>
internal sealed class Stopping(
    SessionServiceOptions options,
    LaunchStore store,
    Undertaker undertaker,
    LaunchStop launchStop,
    IReadOnlyList<IAgentAdapter> adapters,
    Func<string, CancellationToken, Task<Lookup>> find)
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time = options.Time;

    public async Task<ApiReply> Stop(StopOrder order, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        if (TimeLimit.Wrong("deadlineSeconds", order.DeadlineSeconds, mayBeZero: true) is { } wrong)
        {
            return Replies.BadRequest(wrong);
        }

        // All at the same time: each has its own deadline, and nobody waits for another's.
        var results = await Task.WhenAll(references.Select(reference => StopOne(reference, order, cancellationToken))).ConfigureAwait(false);
        return Replies.Ok(new StopDocument(results), ApiJson.Readable.StopDocument);
    }

    public async Task<ApiReply> Send(string reference, string text, CancellationToken cancellationToken)
    {
        if (text.Length == 0 || text.Contains('\0'))
        {
            return Replies.BadRequest(text.Length == 0 ? "There is nothing to send." : "The text holds a NUL character, which no agent takes.");
        }

        return await Ask(
            reference,
            "take another message while it runs; wait for its end, then: agentctl resume",
            (shim, launcher, launch) => Message(shim, launcher.Frame(text), $"m-{LaunchId.New()}", "a message on its input", cancellationToken),
            (owner, session) => owner.Send(session.Sighting, text, options.Environment, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) => Ask(
        reference,
        "be interrupted without ending; to end it: agentctl stop",
        (shim, launcher, launch) => Message(shim, launcher.InterruptFrame(), $"c-{LaunchId.New()}", "an interrupt on its input", cancellationToken),
        (owner, session) => owner.Cancel(session.Sighting, options.Environment, cancellationToken),
        cancellationToken);

    private async Task<StopResult> StopOne(string reference, StopOrder order, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            switch (await find(reference, cancellationToken).ConfigureAwait(false))
            {
                case Lookup.Found { Session: var session }:
                    var result = await StopSession(session, order, cancellationToken).ConfigureAwait(false);
                    return result with { Session = session.Sighting.Name, TookMs = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 1) };
                case Lookup.Ambiguous several:
                    return Result(StopOutcomes.Unclear, $"{reference} could mean {string.Join(", ", several.Candidates)}; nothing was sent") with { Session = reference };
                case Lookup.NotFound { CouldNotLook: { Count: > 0 } failed }:
                    return Result(StopOutcomes.Unclear, $"it may exist, but {string.Join("; ", failed)}; nothing was sent") with { Session = reference };
                default:
                    return Result(StopOutcomes.NotFound, $"Session not found: {reference}") with { Session = reference };
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
        {
            return Result(StopOutcomes.Failed, failure.Message) with { Session = reference };
        }
    }

    private async Task<StopResult> StopSession(Session session, StopOrder order, CancellationToken cancellationToken)
    {
        var deadline = order.Force ? TimeSpan.Zero : order.DeadlineSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultDeadline;
        if (session.Sighting.Facts.Launch is { IsHeld: true } or { Queue: not null } && session.Sighting.Facts.Launch is { } held)
        {
            return await StopLaunch(held.LaunchId, deadline, cancellationToken).ConfigureAwait(false);
        }

        if (session.State.IsTerminal())
        {
            return Result(StopOutcomes.AlreadyStopped, $"it had ended before: {session.Verdict.Decider.Fact}");
        }

        if (session.State == SessionState.Unknown && !session.Verdict.IsAlive)
        {
            return Result(StopOutcomes.Refused, $"no process can be proven to be this session ({session.Verdict.Reason}): {session.Verdict.Decider.Fact}; nothing was sent. See: agentctl explain {session.Id}");
        }

        return session.Sighting.Owner switch
        {
            Owner.ClaudeDaemon or Owner.CodexDaemon or Owner.Gateway or Owner.OpencodeServer => await StopThroughOwner(session, cancellationToken).ConfigureAwait(false),
            Owner.Terminal or Owner.Ide when !order.Consent => Result(
                StopOutcomes.NeedsConsent,
                $"it runs in somebody's {session.Sighting.Owner.Word()} (pid {session.Sighting.Facts.Process?.Pid}); nothing was sent. To stop it all the same: agentctl stop {session.Id} --yes"),
            _ => await StopProcess(session, deadline, cancellationToken).ConfigureAwait(false),
        };
    }

    private async Task<StopResult> StopLaunch(string launchId, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (store.Find(launchId) is not { } launch)
        {
            return Result(StopOutcomes.AlreadyStopped, "its record is gone");
        }

        var outcome = await launchStop.Stop(undertaker.Attend(launch, ProcessTable.Take()), deadline, StopRecord.User, cancellationToken).ConfigureAwait(false);
        if (outcome.Launch.Remains is { CannotTell: true } remains)
        {
            return outcome.Asked.Count > 0
                ? Result(StopOutcomes.Stopped, $"every process of it that could be found has ended, but {remains.Fact}") with { Asked = outcome.Asked }
                : Result(StopOutcomes.Refused, $"{remains.Fact}; nothing was sent. Stop it where it runs");
        }

        if (!outcome.IsOver)
        {
            return Result(StopOutcomes.Failed, $"it still lives{(outcome.Launch.Remains is { } left ? $": {left.Fact}" : "; its shim has not ended it")}. Try: agentctl stop {launchId} --force") with { Asked = outcome.Asked };
        }

        var exit = outcome.Launch.Exit;
        var ended = exit is null ? "it is gone" : exit.How switch
        {
            ExitHows.Exited => $"exited with code {exit.ExitCode}",
            ExitHows.Signaled => $"ended by signal {exit.Signal}",
            _ => $"{exit.How}: {exit.Problem}",
        };
        var also = exit?.Leftovers.Count(static left => left.Outcome is Leftover.Terminated or Leftover.Killed) is > 0 and var ending ? $"; {ending} that it left behind ended too" : "";
        return (outcome.Leftovers.Count > 0
            ? Result(StopOutcomes.LeftOver, $"{ended}, but {string.Join(", ", outcome.Leftovers.Select(static left => $"pid {left.Pid} ({left.Comm})"))} could not be ended")
            : Result(StopOutcomes.Stopped, ended + also)) with
        {
            Asked = outcome.Asked,
            Leftovers = exit?.Leftovers ?? [],
            ExitCode = exit?.ExitCode ?? (exit?.Signal is { } signal ? 128 + signal : null),
        };
    }

    private async Task<StopResult> StopThroughOwner(Session session, CancellationToken cancellationToken)
    {
        var answer = OwnerOf(session) is { } owner
            ? await owner.Stop(session.Sighting, options.Environment, cancellationToken).ConfigureAwait(false)
            : null;
        if (answer is null)
        {
            return Result(StopOutcomes.Refused, $"it belongs to {session.Sighting.Owner.Word()}, and agentctl knows no way to ask that for its end; nothing was sent. A kill would take other sessions along, or be answered with a new process");
        }

        var done = session.Sighting.Owner == Owner.ClaudeDaemon ? StopOutcomes.Stopped : StopOutcomes.Interrupted;
        return Result(answer.Done ? done : StopOutcomes.Failed, answer.Detail) with { Asked = [answer.Asked] };
    }

    /// <summary>A process that is not ours: exactly the one whose identity was proven, and what descends from it.</summary>
    private async Task<StopResult> StopProcess(Session session, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (session.Sighting.Facts is not { Holder: Holder.Process, Process: { } process })
        {
            return Result(StopOutcomes.Refused, $"no process can be proven to be this session; nothing was sent. See: agentctl explain {session.Id}");
        }

        var report = await TreeEnding.End(FollowedTree.Of(process).Members, deadline, time, cancellationToken).ConfigureAwait(false);
        var left = report.Where(static ended => ended.Outcome == Leftover.Left).ToList();
        return (left.Count == 0
            ? Result(StopOutcomes.Stopped, $"{process} and {report.Count - 1} that descended from it have ended")
            : Result(StopOutcomes.LeftOver, $"{string.Join(", ", left.Select(static one => $"pid {one.Pid} ({one.Comm})"))} could not be ended")) with
        {
            Asked = [$"SIGTERM{(deadline == TimeSpan.Zero ? " and SIGKILL" : "")} to {report.Count} process{(report.Count == 1 ? "" : "es")}"],
            Leftovers = left,
        };
    }

    /// <summary>One question to one session: through the input we hold, else through its owner.</summary>
    private async Task<ApiReply> Ask(
        string reference,
        string what,
        Func<ShimConnection, IAgentLauncher, Launch, Task<OwnerAnswer?>> onInput,
        Func<IOwnerControl, Session, Task<OwnerAnswer?>> throughOwner,
        CancellationToken cancellationToken)
    {
        var lookup = await find(reference, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            return Replies.NotOne(reference, lookup);
        }

        if (session.State.IsTerminal())
        {
            return Replies.Refused("/problems/refused", $"{session.Sighting.Name} has ended ({session.Verdict.Reason}). To go on with it: agentctl resume {session.Id} TEXT");
        }

        OwnerAnswer? answer = null;
        if (session.Sighting.Facts.Launch is { IsHeld: true } held)
        {
            if (store.Find(held.LaunchId) is { Record.Stdin: StdinMode.Open } launch
                && adapters.FirstOrDefault(adapter => adapter.Id == session.Adapter) is IAgentLauncher launcher)
            {
                using var shim = await ShimConnection.TryOpen(store.Places, launch.Id, cancellationToken).ConfigureAwait(false);
                answer = shim is null ? null : await onInput(shim, launcher, launch).ConfigureAwait(false);
                if ((shim is null or { IsSilent: true }) && SilentShim.Explain(store.Places, launch) is { } silence)
                {
                    return Replies.Failed($"{session.Sighting.Name}: {silence}");
                }
            }
        }
        else if (OwnerOf(session) is { } owner)
        {
            answer = await throughOwner(owner, session).ConfigureAwait(false);
        }

        return answer switch
        {
            null => Replies.Refused("/problems/refused", $"{session.Sighting.Name} cannot {what} {session.Id}"),
            { Done: false } => Replies.Failed($"{session.Sighting.Name}: {answer.Asked}: {answer.Detail}"),
            _ => Replies.Ok(new ActionDocument(session.Sighting.Name, true, answer.Asked, answer.Detail), ApiJson.Readable.ActionDocument),
        };
    }

    private static async Task<OwnerAnswer?> Message(ShimConnection shim, string? frame, string key, string asked, CancellationToken cancellationToken) =>
        frame is null ? null
        : await shim.Write(key, frame, cancellationToken).ConfigureAwait(false) is { } problem ? new OwnerAnswer(false, asked, problem)
        : new OwnerAnswer(true, asked, "the agent has it");

    private IOwnerControl? OwnerOf(Session session) => adapters.FirstOrDefault(adapter => adapter.Id == session.Adapter) as IOwnerControl;

    private static StopResult Result(string outcome, string detail) => new("", outcome, [], detail, [], 0);
}
