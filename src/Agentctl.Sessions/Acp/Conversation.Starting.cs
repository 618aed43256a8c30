using Agentctl.Acp;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>From a session without an agent to one that is ready for a prompt.</summary>
internal sealed partial class Conversation
{
    /// <summary>The type of a start that nobody wanted any more.</summary>
    internal const string Cancelled = "/problems/cancelled";

    /// <summary>The agent that lives, or a new one that goes on with the session.</summary>
    /// <param name="limit">For how long its handshake is waited for.</param>
    private async Task<AgentStart> Ready(IReadOnlyDictionary<string, string>? callers, CancellationToken limit, CancellationToken cancellationToken)
    {
        environment = callers ?? environment;
        if (agent is { Ended.IsCompleted: false, BrokenBy: not null })
        {
            await LetRest(StopRecord.Rest, cancellationToken).ConfigureAwait(false);
        }

        if (agent is { Ended.IsCompleted: false } living)
        {
            return new AgentStart.Ready(living);
        }

        if (agent is not null)
        {
            await AgentIsGone(cancellationToken).ConfigureAwait(false);
        }

        var variables = EnvironmentOfAgent();
        var found = new AgentEnvironment(shared.Options.Environment.Home, variables);
        if (AcpProgram.Find(agentKind, found) is not { } program)
        {
            return new AgentStart.Failed("/problems/agent-missing", AcpProgram.NotFound(agentKind, shared.Options.Environment));
        }

        var started = await Launch(program, variables, cancellationToken).ConfigureAwait(false);
        if (started.LaunchId is not { } launchId)
        {
            return started.Failed!;
        }

        Change(before => before with { LaunchId = launchId, LastAgentExitAt = null, LastAgentExitCode = null, LastAgentSignal = null, LastAgentDisconnectReason = null });
        if (await AgentRun.Open(agentKind, launchId, 0, this, shared, Grew, cancellationToken).ConfigureAwait(false) is not { } run)
        {
            return new AgentStart.Failed("/problems/agent-failed", $"{agentKind.Name} ended at once. See: agentctl explain {launchId}");
        }

        lock (gate)
        {
            agent = run;
            terminals = TerminalsOf(launchId);
        }

        run.Begin();
        AgentStart.Failed? failed;
        try
        {
            failed = await Greet(run, variables, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failed = new AgentStart.Failed(isUnwanted ? Cancelled : "/problems/timed-out", $"{agentKind.Name} had not begun its session when {(isUnwanted ? "that was cancelled" : "the time was over")}{run.Junk}");
        }

        if (failed is not null)
        {
            await run.Finish(record.IsOneShot ? StopRecord.Done : StopRecord.Rest, force: limit.IsCancellationRequested, cancellationToken).ConfigureAwait(false);
            await run.WaitForEnd(cancellationToken).ConfigureAwait(false);
            await AgentIsGone(cancellationToken).ConfigureAwait(false);
            return failed;
        }

        return new AgentStart.Ready(run);
    }

    private ClientTerminals TerminalsOf(string launchId) =>
        new(Path.Combine(shared.Places.Of(launchId), "terminals"), launchId, shared.ShimPath, directories, EnvironmentOfAgent(), shared.Time, message => shared.Told(message));

    private void Grew()
    {
        heardAt = shared.Time.GetUtcNow();
        shared.Grew(Id);
    }

    /// <summary>What is inherited of the caller's environment, or of the daemon's where the caller sent none.</summary>
    private Dictionary<string, string> EnvironmentOfAgent()
    {
        var variables = InheritedEnvironment.Of(environment ?? shared.Options.Environment.Variables);
        variables.Remove(DaemonProtocol.ChannelVariable);
        foreach (var (name, value) in agentKind.Environment)
        {
            variables[name] = value;
        }

        return AcpCredentials.Into(variables, shared.Config);
    }

    private async Task<(string? LaunchId, AgentStart.Failed? Failed)> Launch(AcpProgram program, Dictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var request = new LaunchRequest
        {
            Adapter = record.Adapter,
            Plan = new LaunchPlan
            {
                Program = program.Program,
                Arguments = program.Arguments,
                Stdin = StdinMode.Open,
                SessionId = NativeId,
                TellsSessionId = false,
                PermissionMode = record.Policy.Mode,
                Model = record.Model,
            },
            Cwd = record.Cwd,
            Prompt = "",
            Environment = variables,
            IsResume = record.SessionId is not null,
            Name = record.Name,
            Meta = new Dictionary<string, string> { ["acp"] = Id, ["agent"] = record.Agent, ["mode"] = record.Mode },
            OrphanAfter = record.IsOneShot ? OneShotPatience : TimeLimit.FromRecord(record.TtlSeconds),
            Conversation = Id,
            OutputLimitBytes = (long)shared.Config.OutputLimitMegabytes << 20,
        };
        while (true)
        {
            switch (await shared.Launcher.Start(request, cancellationToken).ConfigureAwait(false))
            {
                case LaunchOutcome.Started started:
                    return (started.LaunchId, null);
                case LaunchOutcome.Refused { Why: Refusal.NoSlot full } when await shared.MakeRoom(full, cancellationToken).ConfigureAwait(false):
                    continue;
                case LaunchOutcome.Refused refused:
                    return (null, new AgentStart.Failed(Launching.ProblemOf(refused.Why), refused.Why.Message, refused.Why as Refusal.NoSlot));
                case LaunchOutcome.Failed failed:
                    return (null, new AgentStart.Failed("/problems/agent-failed", failed.Problem));
                default:
                    throw new InvalidOperationException("an agent of a conversation starts, is refused or fails");
            }
        }
    }

    /// <summary>The session as the agent's own adapter names it: that makes one row of what both see.</summary>
    private string? NativeId => record.SessionId is { } told ? agentKind.NativePrefix + told : null;

    /// <summary>The handshake, the session, and the settings that a person wants.</summary>
    private async Task<AgentStart.Failed?> Greet(AgentRun run, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        if (await run.Initialize(record, shared.Config, variables, cancellationToken).ConfigureAwait(false) is { } problem)
        {
            return problem;
        }

        if (WhyServersAreRefused(run.Capabilities) is { } refused)
        {
            return refused;
        }

        var offered = record.SessionId is { } known
            ? await GoOn(run, known, cancellationToken).ConfigureAwait(false)
            : await BeginNew(run, cancellationToken).ConfigureAwait(false);
        if (offered.Problem is { } failed)
        {
            return failed;
        }

        run.Offers = offered.Value;
        lock (gate)
        {
            Offered(offered.Value!);
            journal.Append(ReadyEntry(run), durable: true);
        }

        return await SetAll(run, cancellationToken).ConfigureAwait(false);
    }

    private JournalEntry ReadyEntry(AgentRun run) =>
        Entry(JournalKinds.Ready) with { SessionId = record.SessionId, Capabilities = AcpOffers.Capabilities(run.Capabilities), ModelOption = run.Offers?.ModelOption?.Id ?? run.ModelOption };

    private AgentStart.Failed? WhyServersAreRefused(AgentCapabilities capabilities) =>
        shared.Config.McpServers.OfType<McpServer.Remote>().FirstOrDefault(server => server.Type == "http" ? !capabilities.McpHttp : !capabilities.McpSse) is { } server
            ? new AgentStart.Failed("/problems/bad-request", $"{agentKind.Name} cannot use the MCP server {server.Name}: it does not connect over {server.Type}. Take it out of \"mcp_servers\", or use another agent.")
            : null;

    private System.Text.Json.JsonElement? Meta => record.Meta ?? (agentKind.SessionMeta is { } json ? System.Text.Json.JsonDocument.Parse(json).RootElement : null);

    private async Task<(AcpOffers? Value, AgentStart.Failed? Problem)> BeginNew(AgentRun run, CancellationToken cancellationToken)
    {
        var (made, problem) = await run.InSession(
            AcpMethods.NewSession,
            token => run.Peer.NewSession(new NewSessionRequest(record.Cwd, shared.Config.McpServers, MoreDirectories(run), Meta), token),
            cancellationToken).ConfigureAwait(false);
        if (made is null)
        {
            return (null, problem);
        }

        if (!SessionIds.MayBeReported(made.SessionId))
        {
            return (null, new AgentStart.Failed("/problems/agent-failed", $"{agentKind.Name} answered session/new with an id that cannot be used: an id is printable ASCII, at most {SessionIds.LongestBytes} characters, and does not begin with @ or a space."));
        }

        Change(before => before with { SessionId = made.SessionId });
        AcpLaunchNote.Tell(shared.Places, run.LaunchId, NativeId!);
        return (new AcpOffers(made.Modes, made.ConfigOptions, made.Models), null);
    }

    /// <summary>Resume, else load, else a new session: the last never without a word.</summary>
    private async Task<(AcpOffers? Value, AgentStart.Failed? Problem)> GoOn(AgentRun run, string known, CancellationToken cancellationToken)
    {
        AgentStart.Failed? why = null;
        if (run.Capabilities.Resume)
        {
            var (resumed, problem) = await run.InSession(
                AcpMethods.ResumeSession,
                token => run.Peer.ResumeSession(new ResumeSessionRequest(known, record.Cwd, shared.Config.McpServers, MoreDirectories(run), Meta), token),
                cancellationToken).ConfigureAwait(false);
            if (resumed is not null)
            {
                return (new AcpOffers(resumed.Modes, resumed.ConfigOptions, resumed.Models), null);
            }

            why = problem;
        }

        if (run.Capabilities.LoadSession && !agentKind.LoadFails && why?.Type is null or "/problems/agent-failed" && !run.Ended.IsCompleted)
        {
            var (loaded, problem) = await run.InSession(
                AcpMethods.LoadSession,
                token => run.Peer.LoadSession(new LoadSessionRequest(known, record.Cwd, shared.Config.McpServers, MoreDirectories(run), Meta), token),
                cancellationToken).ConfigureAwait(false);
            if (loaded is not null)
            {
                await Quiet(run, TimeSpan.FromMilliseconds(80), cancellationToken).ConfigureAwait(false);
                return (new AcpOffers(loaded.Modes, loaded.ConfigOptions, loaded.Models), null);
            }

            why = problem;
        }

        if (why is { Type: not "/problems/agent-failed" } || run.Ended.IsCompleted)
        {
            return (null, why ?? new AgentStart.Failed("/problems/agent-failed", $"{agentKind.Name} ended before it could go on with {known}."));
        }

        var begun = await BeginNew(run, cancellationToken).ConfigureAwait(false);
        if (begun.Value is not null)
        {
            lock (gate)
            {
                Update(record with { EarlierSessionIds = [.. record.EarlierSessionIds, known] });
                journal.Append(
                    Entry(JournalKinds.Notice) with
                    {
                        Text = $"The agent could not go on with {known} ({why?.Problem ?? "it offers no way to"}). A new session was begun: it does not know what was said before.",
                    },
                    durable: true);
            }
        }

        return begun;
    }

    private IReadOnlyList<string>? MoreDirectories(AgentRun run) => run.Capabilities.AdditionalDirectories && record.AdditionalDirectories.Count > 0 ? record.AdditionalDirectories : null;

    private void Offered(AcpOffers offers) => Update(record with
    {
        AvailableModels = [.. offers.Models.Where(AcpLimits.IsId)],
        AvailableModes = [.. offers.Modes.Where(AcpLimits.IsId)],
        Title = record.Title,
    });

    /// <summary>What a person has set stays set, whichever agent goes on.</summary>
    private async Task<AgentStart.Failed?> SetAll(AgentRun run, CancellationToken cancellationToken)
    {
        foreach (var wish in AcpSettings.Of(record))
        {
            if (await AcpSettings.Set(run, record.SessionId!, wish, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                return new AgentStart.Failed("/problems/bad-request", problem);
            }
        }

        return null;
    }

    /// <summary>Goes on with what a driver before has left: its agent, the prompt in progress, the prompts that wait.</summary>
    private async Task Adopt(CancellationToken cancellationToken)
    {
        var left = AcpLeft.Read(shared.Store.JournalOf(Id));
        var launch = record.LaunchId is { } id && shared.Launches.Find(id) is { } found ? shared.Undertaker.Attend(found, ProcessTable.Take()) : null;
        if (launch is { IsHeld: true } && left is { Ready: { } ready, IsUnsettled: false } && ready.Launch == launch.Id)
        {
            var position = left.Begun?.Offset ?? left.Mark ?? ready.Offset ?? 0;

            // Known before the first line is read again: a question that stands there belongs to this turn.
            if (left is { Begun: { } begun, BegunPrompt: { } prompt })
            {
                turn = new AcpTurn(new QueuedPrompt(prompt, null), record.Policy.With(prompt.Policy))
                {
                    Deadline = prompt.TimeoutSeconds is { } seconds ? begun.At + TimeLimit.FromRecord(seconds) : null,
                    IsCancelled = left.IsCancelled,
                };
            }

            terminals = TerminalsOf(launch.Id);
            if (await AgentRun.Open(agentKind, launch.Id, position, this, shared, Grew, cancellationToken).ConfigureAwait(false) is { } run)
            {
                run.Recall(ready.Capabilities, ready.ModelOption);
                agent = run;

                // Before anything is read: the answer, and questions that were answered before, may stand there already.
                if (left.Begun is { } waits && AcpTurn.IdOf(waits.Request!, waits.Attempt ?? 1) is var expected && run.IsWritten(expected))
                {
                    resumedAnswer = run.Connection.Expect(expected);
                }

                run.Begin();
            }
        }

        hasCarried = left.HasCarried;

        if (agent is null && launch is { IsHeld: true })
        {
            // It never got so far as to have a session, nobody can speak to it, or it is deaf: there is nothing to go on with.
            await shared.Stop.Stop(launch, TimeSpan.FromSeconds(1.5), StopRecord.Rest, cancellationToken).ConfigureAwait(false);
            launch = shared.Launches.Find(launch.Id);
        }

        AcpTurn? never = null;
        lock (gate)
        {
            if (agent is null)
            {
                (never, turn) = (turn, null);
                if (record.LaunchId is not null && record.LastAgentExitAt is null)
                {
                    Update(record with
                    {
                        LastAgentExitAt = launch?.Exit?.EndedAt ?? shared.Time.GetUtcNow(),
                        LastAgentExitCode = launch?.Exit?.ExitCode,
                        LastAgentSignal = launch?.Exit?.Signal,
                        LastAgentDisconnectReason = "process_exit",
                    });
                }
            }

            if (left is { Begun: { } began, BegunPrompt: { } entry })
            {
                if (agent is not null)
                {
                    work.Insert(0, new AcpWork.Turn(new QueuedPrompt(entry, null)));
                    resumed = began;
                }
                else
                {
                    End(new QueuedPrompt(entry, null), "failed", problem: $"{agentKind.Name} ended before it had answered", problemType: "/problems/agent-failed");
                    hasCarried = true;
                }
            }

            // What was accepted by us since we began stands in the journal too, and comes after what waited before.
            var ours = work.OfType<AcpWork.Turn>().Select(static one => one.Prompt.Id).ToHashSet(StringComparer.Ordinal);
            var next = resumed is null ? 0 : 1;
            foreach (var waiting in left.Waiting.Where(entry => !ours.Contains(entry.Request!)))
            {
                if (record.Closed || (record.IsOneShot && agent is null && hasCarried))
                {
                    End(new QueuedPrompt(waiting, null), "refused", problem: "the session was closed");
                }
                else
                {
                    work.Insert(next++, new AcpWork.Turn(new QueuedPrompt(waiting, null, IsInherited: true)));
                }
            }
        }

        never?.Over.TrySetResult();
    }

    /// <summary>The prompt that an adopted agent works on already.</summary>
    private JournalEntry? resumed;
    private Task<Answer>? resumedAnswer;
}
