using System.Net.Sockets;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>One ACP session as <c>agentctl sessions list --all --json</c> tells it.</summary>
public sealed record ToldSession(string Id, string? Name, string Mode, bool Closed, string Status, int? Pid, string? SessionId, string Raw)
{
    public static ToldSession From(JsonElement row) => new(
        row.GetProperty("id").GetString()!,
        row.TryGetProperty("name", out var name) ? name.GetString() : null,
        row.GetProperty("mode").GetString()!,
        row.GetProperty("closed").GetBoolean(),
        row.GetProperty("status").GetString()!,
        row.TryGetProperty("pid", out var pid) ? pid.GetInt32() : null,
        row.TryGetProperty("sessionId", out var session) ? session.GetString() : null,
        row.GetRawText());
}

/// <summary>A sandbox with the scripted ACP agent declared under several names.</summary>
public abstract class AcpWorld : IAsyncLifetime
{
    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    protected Sandbox Sandbox { get; private set; } = null!;
    protected AgentctlCli Alone { get; private set; } = null!;
    protected AgentctlCli Served { get; private set; } = null!;

    /// <summary>Where sessions work.</summary>
    protected string Project { get; private set; } = null!;

    /// <summary>What reached the agents, a line each.</summary>
    protected string AgentLog { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sandbox = await Sandbox.Create();
        Alone = new AgentctlCli(Sandbox, withDaemon: false);
        Served = new AgentctlCli(Sandbox, withDaemon: true);
        Project = Sandbox.Folder("project");
        AgentLog = Path.Combine(Sandbox.Root, "agent.log");
        Sandbox.Variables["SCRIPTED_AGENT_LOG"] = AgentLog;
        Configure();
    }

    public async ValueTask DisposeAsync()
    {
        await Alone.Quietly("stop", "--all", "--force");
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <param name="more">Further members of config.json.</param>
    protected void Configure(string more = "")
    {
        var program = Path.Combine(AgentctlCli.Folder, "agentctl-scripted-agent");
        string Agent(string name, params string[] switches) =>
            $"\"{name}\": {{ \"argv\": [{string.Join(", ", ((string[])[program, "acp", .. switches]).Select(static word => $"\"{word}\""))}] }}";
        Sandbox.HomeFile(".agentctl/config.json", $$"""
            { "acp_agent": "good",
              "acp_agents": {
                {{Agent("good", "--modes", "--options")}},
                {{Agent("deaf", "--deaf", "--ignore-cancel")}},
                {{Agent("loads", "--no-resume")}},
                {{Agent("forgets", "--no-resume", "--refuse-load")}},
                {{Agent("locked", "--auth", "DEMO_KEY")}},
                {{Agent("hangs", "--hang-new", "--deaf")}},
                {{Agent("crashes", "--crash")}},
                {{Agent("sees", "--image")}}
              }{{(more.Length > 0 ? ", " + more : "")}} }
            """);
    }

    protected Task<ProcessResult> In(AgentctlCli agentctl, params string[] arguments) => agentctl.Run([.. arguments, .. arguments[0] is "exec" or "prompt" || arguments is ["sessions", "new" or "ensure", ..] ? (string[])["--cwd", Project] : []]);

    protected RealProcess Start(AgentctlCli agentctl, params string[] arguments) => agentctl.Start([.. arguments, .. arguments[0] == "prompt" || arguments[0] == "exec" ? (string[])["--cwd", Project] : []]);

    /// <summary>A new session's name for life.</summary>
    protected async Task<string> NewSession(AgentctlCli agentctl, params string[] arguments)
    {
        var made = await In(agentctl, ["sessions", "new", .. arguments]);
        Assert.True(made.ExitCode == 0, $"sessions new ended with {made.ExitCode}: {made.Error}");
        return made.Output.Split(['\t', '\n'])[0];
    }

    protected async Task<IReadOnlyList<ToldSession>> Sessions(AgentctlCli agentctl)
    {
        var result = await agentctl.Quietly("sessions", "list", "--all", "--json");
        Assert.True(result.ExitCode == 0, $"sessions list ended with {result.ExitCode}: {result.Error}");
        using var rows = JsonDocument.Parse(result.Output);
        return [.. rows.RootElement.EnumerateArray().Select(ToldSession.From)];
    }

    /// <summary>All sessions, once every one is closed: the daemon closes a session a moment after its last process ended.</summary>
    protected Task<IReadOnlyList<ToldSession>> AllClosed(AgentctlCli agentctl) =>
        Eventually.See("all sessions to be closed", Deadline, () => Sessions(agentctl), static sessions => sessions.All(static one => one.Closed));

    protected async Task<ToldSession> Session(AgentctlCli agentctl, string id) => Assert.Single(await Sessions(agentctl), one => one.Id == id);

    protected async Task<IReadOnlyList<Told>> List(AgentctlCli agentctl)
    {
        var result = await agentctl.Quietly("list", "-a", "--json");
        Assert.True(result.ExitCode == 0, $"list -a --json ended with {result.ExitCode}: {result.Error}");
        using var rows = JsonDocument.Parse(result.Output);
        return [.. rows.RootElement.EnumerateArray().Select(Told.From)];
    }

    protected IReadOnlyList<string> Logged() => File.Exists(AgentLog) ? File.ReadAllLines(AgentLog) : [];

    /// <summary>What an agent that plays <c>until</c> waits for.</summary>
    protected string Sign(string name) => Path.Combine(Sandbox.Home, name);

    protected void Give(string sign) => File.WriteAllText(Sign(sign), "");

    protected Task Reached(string line) => Eventually.True($"the agent to have logged '{line}'", Deadline, () => Logged().Any(logged => logged.StartsWith(line, StringComparison.Ordinal)));

    /// <summary>Everything of ours but the daemon and commands.</summary>
    protected IReadOnlyList<ProcessStat> LivingAgents() => [.. Sandbox.Living().Where(process => process.Comm is not ("agentctld" or "agentctl"))];

    protected Task NothingLeft(TimeSpan? deadline = null) => Eventually.See(
        "nothing to be left", deadline ?? Deadline, () => string.Join("; ", LivingAgents().Select(static process => $"{process.Pid} {process.CommandLine()}")), living => living.Length == 0);

    /// <summary>For questions to the daemon that no command asks.</summary>
    protected HttpClient Connect() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Sandbox.AgentctlHome, "daemon.sock")), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    /// <summary>Where two race to be it, either: the one that loses ends by itself.</summary>
    protected ProcessStat? Daemon() => Sandbox.Living().FirstOrDefault(process => process.Comm == "agentctld");

    protected async Task KillDaemon()
    {
        if (Daemon() is { } daemon)
        {
            await Kill(daemon);
        }
    }

    /// <summary>As after a crash. A command alone waits three seconds for a daemon, which a loaded machine may exceed.</summary>
    protected async Task NextDaemon()
    {
        await KillDaemon();
        await StartedDaemon();
    }

    protected Task StartedDaemon() => Eventually.See("the daemon to be ready", Deadline, () => Served.Quietly("daemon", "start"), static one => one.ExitCode == 0);

    protected static async Task Kill(ProcessStat process)
    {
        await Signals.Send("KILL", process);
        await Eventually.True($"pid {process.Pid} to be gone", Deadline, () => process.Now() is null);
    }

    protected ProcessStat Agent() => LivingAgents().First(process => process.CommandLine().Contains(" acp", StringComparison.Ordinal) && !process.CommandLine().Contains("shim", StringComparison.Ordinal));

    protected ProcessStat Shim() => ProcessStat.Read(Agent().ParentPid)!;
}
