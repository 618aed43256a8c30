using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>From what a person wants run to an agent that runs: checks, plan, admission, start, and the wait for its session's id.</summary>
internal sealed class Launching(
    SessionServiceOptions options,
    LaunchStore store,
    Undertaker undertaker,
    OutputReading output,
    Launcher launcher,
    Func<string, IAgentLauncher?> launcherOf,
    Func<string, IHostLauncher?> hostOf,
    Func<string, CancellationToken, Task<Lookup>> find,
    Func<string, string, CancellationToken, Task<string>> shorten,
    Func<Refusal.NoSlot, CancellationToken, Task<bool>> makeRoom)
{
    /// <summary>How long an agent may take to tell its session before the answer is given without.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AgentEnvironment environment = options.Environment;

    public async Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) =>
        await Prepare(order, futureDirectory: null, cancellationToken).ConfigureAwait(false) switch
        {
            Preparation.Ready ready => await Start(ready, cancellationToken).ConfigureAwait(false),
            Preparation.AtHost host => await Ask(host, cancellationToken).ConfigureAwait(false),
            Preparation.NotNow { Problem: var problem } => problem,
            _ => throw new InvalidOperationException("a launch is prepared or not"),
        };

    /// <summary>Everything that can be known before anything is changed: what is wrong with the order, and what would be run.</summary>
    /// <param name="futureDirectory">Where it will work, when that is only to be made; null = where the order says.</param>
    public async Task<Preparation> Prepare(LaunchOrder order, string? futureDirectory, CancellationToken cancellationToken)
    {
        if (Wrong(order) is { } wrong)
        {
            return new Preparation.NotNow(Replies.BadRequest(wrong));
        }

        Session? resumed = null;
        if (order.Resumes is { } reference)
        {
            var lookup = await find(reference, cancellationToken).ConfigureAwait(false);
            if (lookup is not Lookup.Found { Session: var session })
            {
                return new Preparation.NotNow(Replies.NotOne(reference, lookup));
            }

            if (WhyNotResumed(session, order) is { } refusal)
            {
                return new Preparation.NotNow(refusal);
            }

            resumed = session;
        }

        var adapter = resumed?.Adapter ?? AdapterOf(order);
        if (hostOf(adapter) is { } host)
        {
            return WhatHostDecides(order, futureDirectory) is { } decided
                ? new Preparation.NotNow(Replies.BadRequest($"{adapter} sessions run at a {host.Host}, which decides about {decided} itself: leave that out."))
                : new Preparation.AtHost(host, new HostWish(LaunchId.New(), order.Prompt!, resumed?.Sighting, order.Name));
        }

        if (launcherOf(adapter) is not { } agent)
        {
            return new Preparation.NotNow(Replies.BadRequest(resumed?.Sighting.Facts.Launch?.Conversation is { } conversation
                ? $"{resumed.Sighting.Name} is an ACP session. To go on with it: agentctl prompt --session {conversation} TEXT"
                : $"{adapter} sessions cannot be launched or resumed by agentctl."));
        }

        var (cwd, problem) = futureDirectory is not null ? (futureDirectory, null) : DirectoryOf(order, resumed);
        if (problem is not null)
        {
            return new Preparation.NotNow(Replies.BadRequest(problem));
        }

        var wish = WishOf(order, resumed, cwd!);
        return OptionValues.WhyRefused(wish) is { } wrongValue
            ? new Preparation.NotNow(Replies.BadRequest(wrongValue))
            : agent.Plan(wish, environment) switch
            {
                PlanOutcome.Planned { Plan: var plan } when TooLong(agent.Id, plan) is { } tooLong => new Preparation.NotNow(Replies.BadRequest(tooLong)),
                PlanOutcome.Planned { Plan: var plan } => new Preparation.Ready(agent, plan, RequestOf(order, resumed, agent, plan, cwd!)),
                PlanOutcome.Refused refused => new Preparation.NotNow(refused.IsUsage ? Replies.BadRequest(refused.Problem) : Replies.Failed(refused.Problem)),
                _ => throw new InvalidOperationException("a plan is made or refused"),
            };
    }

    /// <summary>What of an order only makes sense for a process of ours; null when there is nothing of it.</summary>
    private static string? WhatHostDecides(LaunchOrder order, string? futureDirectory) =>
        futureDirectory is not null || order.Branch is not null ? "its directory (worktrees)"
        : order.Cwd is not null ? "its directory (--cwd)"
        : order.Model is not null ? "its model (--model)"
        : order.Thinking is not null ? "how hard it thinks (--thinking)"
        : order.PermissionMode is not null ? "permissions (--permission-mode)"
        : order.AgentArguments is { Count: > 0 } ? "its arguments"
        : order.TimeoutSeconds is not null ? "its time (--timeout)"
        : order.Queue ? "its turn (--queue)"
        : order.OnCreate is not null || order.OnComplete is not null ? "its surroundings (--on-create, --on-complete)"
        : order.KeepOpen || order.KeepChildren || order.Environment is { Count: > 0 } ? "its process"
        : null;

    private async Task<ApiReply> Ask(Preparation.AtHost order, CancellationToken cancellationToken)
    {
        var (host, wish) = (order.Host, order.Wish);
        HostAnswer answer;
        try
        {
            answer = await host.Launch(wish, cancellationToken).ConfigureAwait(false);
        }
        catch (CannotLookException failed)
        {
            return Replies.Failed(failed.Message);
        }

        if (answer.SessionId is not { } id)
        {
            return Replies.Failed(answer.Problem!);
        }

        var session = (await find($"{host.Id}/{id}", cancellationToken).ConfigureAwait(false) as Lookup.Found)?.Session;
        return Replies.Ok(
            new LaunchedDocument(
                wish.Key, host.Id, id, session?.State.Word() ?? SessionState.Starting.Word(), session?.Verdict.Reason, null, session?.Sighting.ExitCode, "", "", [],
                await shorten(host.Id, id, cancellationToken).ConfigureAwait(false), host.Host),
            ApiJson.Readable.LaunchedDocument);
    }

    /// <summary>The adapter that an order means.</summary>
    public string AdapterOf(LaunchOrder order) => order.Adapter ?? options.Config.Adapter ?? "claude-code";

    /// <summary>The model that an order means; null = the agent's own choice.</summary>
    public string? ModelOf(LaunchOrder order) => order.Model ?? (order.Resumes is null ? options.Config.Model : null);

    /// <summary>The agent's own interactive resume, when nobody else goes on with the session.</summary>
    public async Task<AttachOutcome> PlanAttach(string reference, CancellationToken cancellationToken)
    {
        var lookup = await find(reference, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            return new AttachOutcome.NotNow(Replies.NotOne(reference, lookup));
        }

        // Codex's terminal interface goes through its daemon, so a thread that only the daemon holds may be opened.
        if (session.Sighting.Owner != Owner.CodexDaemon && WhyNotResumed(session, new LaunchOrder()) is { } refusal)
        {
            return new AttachOutcome.NotNow(refusal);
        }

        if (launcherOf(session.Adapter) is not { } agent)
        {
            return new AttachOutcome.NotNow(Replies.BadRequest($"{session.Adapter} sessions cannot be opened in a terminal."));
        }

        var (cwd, problem) = DirectoryOf(new LaunchOrder(), session);
        return (problem ?? OptionValues.WhyRefusedId(session.Id)) is { } wrong
            ? new AttachOutcome.NotNow(Replies.BadRequest(wrong))
            : agent.PlanAttach(session.Id, environment) switch
            {
                PlanOutcome.Planned { Plan: var plan } => new AttachOutcome.Planned(plan.Program, plan.Arguments, EnvironmentOf(new LaunchOrder(), plan), cwd!),
                PlanOutcome.Refused refused => new AttachOutcome.NotNow(refused.IsUsage ? Replies.BadRequest(refused.Problem) : Replies.Failed(refused.Problem)),
                _ => throw new InvalidOperationException("a plan is made or refused"),
            };
    }

    private static string? Wrong(LaunchOrder order) =>
        order.Prompt is not { Length: > 0 } ? "Missing required option: --prompt. Say what the agent is to do."
        : order.Prompt.Contains('\0') ? "The prompt holds a NUL character, which no agent takes."
        : (TimeLimit.Wrong("timeoutSeconds", order.TimeoutSeconds) ?? TimeLimit.Wrong("queueTimeoutSeconds", order.QueueTimeoutSeconds)) is { } limit ? limit
        : order is { Queue: false, QueueTimeoutSeconds: not null } ? "--queue-timeout is about waiting for a turn: say --queue too."
        : order is { Queue: true, Resumes: not null } ? "Only a new launch waits in the queue."
        : order.Environment?.FirstOrDefault(static pair => pair.Key.Length == 0 || pair.Key.Contains('=') || pair.Key.Contains('\0') || pair.Value.Contains('\0')) is { Key: not null } bad
            ? $"'{bad.Key}' is no name for an environment variable."
        : ShimProtocol.ShimsOwn.Prepend(ShimProtocol.Cookie).FirstOrDefault(name => order.Environment?.ContainsKey(name) == true) is { } own
            ? $"{own} is set by agentctl and cannot be given with --env."
        : null;

    private static string? TooLong(string adapter, LaunchPlan plan) =>
        ArgumentLimit.Bytes is { } limit && plan.Arguments.Count > 0 && plan.Arguments.Max(Encoding.UTF8.GetByteCount) is var longest && longest > limit
            ? string.Create(CultureInfo.InvariantCulture, $"{adapter} gets an argument of {longest:N0} bytes, and one argument may have at most {limit:N0} here. A prompt of any size goes to an agent's input: \"stdin\": \"text\" under \"agents\" in config.json.")
            : null;

    private ApiReply? WhyNotResumed(Session session, LaunchOrder order)
    {
        if (session.State.IsTerminal())
        {
            return order.Adapter is { } adapter && adapter != session.Adapter
                ? Replies.BadRequest($"{session.Sighting.Name} is a {session.Adapter} session.")
                : null;
        }

        var name = session.Sighting.Name;
        return Replies.Refused("/problems/refused", session.State == SessionState.Unknown
            ? $"It is not known whether {name} has ended ({session.Verdict.Reason}), and two processes must not continue one conversation. See: agentctl explain {session.Id}"
            : $"{name} is {session.State.Word()}: {session.Verdict.Decider.Fact}. Two processes must not continue one conversation. {(TakesMessages(session) ? $"To send it a message: agentctl send {session.Id} TEXT" : $"To wait for its end: agentctl wait {session.Id}")}; to end it first: agentctl stop {session.Id}");
    }

    /// <summary>Whether <c>send</c> has a way to the session: a conversation, an input that was kept open, or an owner that takes messages.</summary>
    private bool TakesMessages(Session session) => session.Sighting.Facts.Launch switch
    {
        { Conversation: not null } => true,
        { IsHeld: true, LaunchId: var id } => store.Find(id) is { Record.Stdin: StdinMode.Open } && launcherOf(session.Adapter)?.Frame("message") is not null,
        _ => session.Sighting.Owner is Owner.CodexDaemon or Owner.OpencodeServer or Owner.Gateway,
    };

    /// <summary>The real path of where to work: the session's own directory when it is resumed.</summary>
    private (string? Path, string? Problem) DirectoryOf(LaunchOrder order, Session? resumed)
    {
        var said = order.Cwd ?? resumed?.Sighting.Cwd ?? (resumed is null ? options.Config.Cwd : null);
        if (said is null && resumed is not null)
        {
            return (null, $"The directory of {resumed.Sighting.Name} is not known any more; say it with --cwd.");
        }

        said ??= ".";
        return RealPath.TryResolve(environment.FullPath(said)) is { } real && Directory.Exists(real) ? (real, null) : (null, $"There is no directory {said}.");
    }

    private LaunchWish WishOf(LaunchOrder order, Session? resumed, string cwd) => new()
    {
        Prompt = order.Prompt!,
        Cwd = cwd,
        Model = ModelOf(order),
        Thinking = order.Thinking,
        PermissionMode = order.PermissionMode,
        AgentArguments = order.AgentArguments ?? [],
        KeepOpen = order.KeepOpen,
        Resumes = resumed?.Id,
    };

    public async Task<ApiReply> Start(Preparation.Ready ready, CancellationToken cancellationToken) =>
        await StartOrMakeRoom(ready.Request, cancellationToken).ConfigureAwait(false) switch
        {
            LaunchOutcome.Started started => await LaunchInterruptedException.Naming(started.LaunchId, Told(started, ready, cancellationToken), cancellationToken).ConfigureAwait(false),
            LaunchOutcome.Queued queued => Replies.Ok(
                new LaunchedDocument(
                    queued.LaunchId, ready.Agent.Id, null, SessionState.Queued.Word(), queued.Why.Reason, null, null, ready.Request.Cwd, ready.Plan.PermissionMode, [$"it waits: {queued.Why.Fact}"]),
                ApiJson.Readable.LaunchedDocument),
            LaunchOutcome.Refused { Why: var why } => Replies.Refused(ProblemOf(why), why.Message),
            LaunchOutcome.Failed failed => Replies.Failed(failed.Problem),
            _ => throw new InvalidOperationException("a launch starts, is refused or fails"),
        };

    /// <summary>An agent that only stays warm for a conversation gives its slot to one that has something to do.</summary>
    private async Task<LaunchOutcome> StartOrMakeRoom(LaunchRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var outcome = await launcher.Start(request, cancellationToken).ConfigureAwait(false);
            switch (outcome)
            {
                case LaunchOutcome.Refused { Why: Refusal.NoSlot full } when await makeRoom(full, cancellationToken).ConfigureAwait(false):
                    continue;
                case LaunchOutcome.Queued { Full: { } full }:
                    // The first in the queue gets it, whoever that is.
                    await makeRoom(full, cancellationToken).ConfigureAwait(false);
                    return outcome;
                default:
                    return outcome;
            }
        }
    }

    private LaunchRequest RequestOf(LaunchOrder order, Session? resumed, IAgentLauncher agent, LaunchPlan plan, string cwd)
    {
        var before = resumed?.Sighting.Launched;
        return new LaunchRequest
        {
            Adapter = agent.Id,
            Plan = plan,
            Cwd = cwd,
            Prompt = order.Prompt!,
            Environment = EnvironmentOf(order, plan),
            IsResume = resumed is not null,
            Name = order.Name ?? before?.Meta.GetValueOrDefault("name"),
            Group = order.Group ?? before?.Group,
            Spec = order.Spec ?? before?.Spec,
            Branch = order.Branch ?? before?.Meta.GetValueOrDefault("branch"),
            Meta = order.Meta ?? Kept(before),
            KeepChildren = order.KeepChildren,
            Force = order.Force,
            Timeout = order.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            OnCreate = NotEmpty(order.OnCreate ?? options.Config.OnCreate),
            OnComplete = NotEmpty(order.OnComplete ?? options.Config.OnComplete),
            Queue = order.Queue,
            QueueTimeout = order.QueueTimeoutSeconds is { } patience ? TimeSpan.FromSeconds(patience) : null,
        };
    }

    /// <summary>An empty command says that config's is not wanted.</summary>
    private static string? NotEmpty(string? command) => string.IsNullOrWhiteSpace(command) ? null : command;

    /// <summary>Callback keys of the launch before go on; what agentctl itself noted does not.</summary>
    private static IReadOnlyDictionary<string, string> Kept(LaunchDescription? before) =>
        before?.Meta.Where(static pair => pair.Key.Contains('_')).ToDictionary(static pair => pair.Key, static pair => pair.Value) ?? Sighting.NoMeta;

    private Dictionary<string, string> EnvironmentOf(LaunchOrder order, LaunchPlan plan)
    {
        var variables = InheritedEnvironment.Of(environment.Variables);
        foreach (var name in (IEnumerable<string>)[DaemonProtocol.ChannelVariable, .. plan.WithheldVariables])
        {
            variables.Remove(name);
        }

        foreach (var (name, value) in plan.Variables.Concat(order.Environment ?? new Dictionary<string, string>()))
        {
            variables[name] = value;
        }

        return variables;
    }

    private async Task<ApiReply> Told(LaunchOutcome.Started started, Preparation.Ready ready, CancellationToken cancellationToken)
    {
        var (agent, plan) = (ready.Agent, ready.Plan);
        var notes = new List<string>();
        if (started.Overridden is { } overridden)
        {
            notes.Add($"forced: {overridden.Message}");
        }

        if (plan.TellsSessionId && !await Ready(started.LaunchId, agent, cancellationToken).ConfigureAwait(false))
        {
            notes.Add($"the agent has not told its session within {Patience.TotalSeconds:0} s; it is called {LaunchId.Provisional(started.LaunchId)} until then");
        }

        var lookup = await find(started.LaunchId, cancellationToken).ConfigureAwait(false);
        var session = (lookup as Lookup.Found)?.Session;
        var launch = output.Read(undertaker.Attend(store.Find(started.LaunchId)!, ProcessTable.Take()), agent);
        var sessionId = launch.SessionId ?? (session is { Id: var id } && !id.StartsWith('@') ? id : null);
        return Replies.Ok(
            new LaunchedDocument(
                started.LaunchId,
                agent.Id,
                sessionId,
                session?.State.Word() ?? SessionState.Starting.Word(),
                session?.Verdict.Reason,
                launch.IsHeld ? started.Pid : null,
                session?.Sighting.ExitCode,
                ready.Request.Cwd,
                plan.PermissionMode,
                notes,

                // Ids that begin with a time share their first letters with others of the same minute.
                sessionId is null ? null : await shorten(agent.Id, sessionId, cancellationToken).ConfigureAwait(false)),
            ApiJson.Readable.LaunchedDocument);
    }

    /// <summary>Until the agent's output tells its session, or the agent has ended. False when the time was over first.</summary>
    private async Task<bool> Ready(string launchId, IAgentLauncher agent, CancellationToken cancellationToken)
    {
        var folder = store.Places.Of(launchId);
        var signal = new ChangeSignal();
        using var doorbell = signal.Subscribe();
        using var files = new FileTree(folder, static name => name is LaunchFiles.Output or LaunchFiles.Exit, maxDepth: 1, unwatchedPause: TimeSpan.FromMilliseconds(100));
        using var watch = files.Watch(signal.Raise, TimeSpan.FromMilliseconds(5));
        var began = options.Time.GetTimestamp();
        long readTo = 0;
        while (true)
        {
            foreach (var line in JsonLines.Forward(Path.Combine(folder, LaunchFiles.Output), readTo))
            {
                readTo = line.End;
                if (OutputReading.ReportsId(line.Bytes.Span, agent))
                {
                    return true;
                }
            }

            if (File.Exists(Path.Combine(folder, LaunchFiles.Exit)))
            {
                return true;
            }

            var left = Patience - options.Time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await doorbell.Wait(left, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What a refusal is to scripts.</summary>
    public static string ProblemOf(Refusal why) => why switch
    {
        Refusal.DirectoryInUse => "/problems/directory-in-use",
        Refusal.DirectoryLocked or Refusal.LockUnreadable => "/problems/directory-locked",
        Refusal.NoSlot => "/problems/no-slot",
        _ => "/problems/refused",
    };
}

/// <summary>A launch before anything has been changed.</summary>
internal abstract record Preparation
{
    private Preparation()
    {
    }

    public sealed record Ready(IAgentLauncher Agent, LaunchPlan Plan, LaunchRequest Request) : Preparation;

    public sealed record AtHost(IHostLauncher Host, HostWish Wish) : Preparation;

    public sealed record NotNow(ApiReply Problem) : Preparation;
}
