using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>One session as <c>agentctl list -a --json</c> tells it.</summary>
public sealed record Told(string Id, string Status, string? Reason, bool Alive, int? ExitCode, string Raw)
{
    public static Told From(JsonElement row) => new(
        row.GetProperty("id").GetString()!,
        row.GetProperty("status").GetString()!,
        row.TryGetProperty("reason", out var reason) ? reason.GetString() : null,
        row.GetProperty("alive").GetBoolean(),
        row.TryGetProperty("exitCode", out var code) ? code.GetInt32() : null,
        row.GetRawText());

    public string State => Reason is null ? Status : $"{Status} ({Reason})";
}

/// <summary>
/// A sandbox with a scripted agent declared in its config: a shell script whose prompt says how it behaves. It writes its pid and
/// its child's into the directory it works in, and goes on until there is a file <c>end</c>.
/// </summary>
public abstract class World : IAsyncLifetime
{
    private const string Agent = """
        #!/bin/bash
        # The words of the prompt say what it does; all waiting is done without children, so that its tree stands still.
        exec {quiet}<> <(:)
        pause() { read -r -t "$1" -u "$quiet"; }
        echo $$ > agent.pid
        [[ $1 == *stubborn* ]] && trap '' TERM INT HUP
        [[ $1 == *quick* ]] && exit 0
        [[ $1 == *nest* ]] && { "$AGENTCTL" launch probe -p work --cwd "$NEST" && exit 0; exit 9; }
        [[ $1 == *fill* ]] && { head -c 4194304 /dev/zero > "$AGENTCTL_HOME/ballast" 2>/dev/null; }
        [[ $1 == *code7* ]] && exit 7
        [[ $1 == *closing* ]] && exec <&- >&- 2>&-
        [[ $1 == *flood* ]] && head -c "${FLOOD_BYTES:-1073741824}" /dev/zero
        if [[ $1 == *double-fork* ]]; then
          # Away from session, group, title and environment: what a daemon of a build tool does.
          env -i setsid bash -c '(exec -a innocent sleep 600) & echo $! > stray.pid; disown; exit' &
          wait $!
        fi
        [[ $1 == *storm* ]] && for _ in $(seq 300); do sleep 600 & done
        sleep 600 &
        echo $! > child.pid.new && mv child.pid.new child.pid
        [[ $1 == *secret* ]] && until [[ -e tell ]]; do pause 0.02; done
        echo "Session: probe-$$-$RANDOM"
        echo told > told
        until [[ -e end ]]; do pause 0.02; done
        exit 0
        """;

    /// <summary>Stands where the shim would, so that a test can do something before there is one.</summary>
    private const string SlowShim = """
        #!/bin/bash
        exec {quiet}<> <(:)
        echo $$ > "$HOME/shim.pid.new" && mv "$HOME/shim.pid.new" "$HOME/shim.pid"
        until [[ -e $HOME/go ]]; do read -r -t 0.02 -u "$quiet"; done
        exec "$REAL_SHIM" "$@"
        """;

    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    protected Sandbox Sandbox { get; private set; } = null!;
    protected AgentctlCli Alone { get; private set; } = null!;
    protected AgentctlCli Served { get; private set; } = null!;

    /// <summary>Where the agent works.</summary>
    protected string Project { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sandbox = await Sandbox.Create();
        Alone = new AgentctlCli(Sandbox, withDaemon: false);
        Served = new AgentctlCli(Sandbox, withDaemon: true);
        Project = Sandbox.Folder("project");
        var agent = Script("bin/probe", Agent);
        Configure($$"""{ "agents": { "probe": { "launch": ["{{agent}}", "{prompt}"], "resume": ["{{agent}}", "{prompt}"], "id": "Session: {id}" } } }""");
    }

    public async ValueTask DisposeAsync()
    {
        // The sandbox would kill what is left, shims too; ended in order, launches leave no cgroup behind either.
        await Alone.Quietly("stop", "--all", "--force");
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected void Configure(string json) => Sandbox.HomeFile(".agentctl/config.json", json);

    protected string Script(string path, string content)
    {
        var file = Sandbox.HomeFile(path, content + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    /// <summary>The command where the kernel has no inotify instance to give, as where a user's other programs have taken all of them.</summary>
    public static string[] WithoutInotify(params string[] arguments) =>
        ["unshare", "--user", "--map-root-user", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"", "sh", AgentctlCli.Program, .. arguments];

    /// <summary>From now on launches stop at a shim that waits for <see cref="LetShimGo"/>.</summary>
    protected void HoldShims()
    {
        Sandbox.Variables["REAL_SHIM"] = Path.Combine(AgentctlCli.Folder, "agentctl-shim");
        Sandbox.Variables["AGENTCTL_SHIM_EXE"] = Script("bin/slow-shim", SlowShim);
    }

    protected void LetShimGo()
    {
        Sandbox.HomeFile("go", "");
        Sandbox.Variables.Remove("AGENTCTL_SHIM_EXE");
    }

    /// <summary>Starts a launch; the command may wait for the agent to tell its session.</summary>
    protected RealProcess Launch(string prompt, params string[] more) => LaunchIn(Project, prompt, more);

    protected RealProcess LaunchIn(string directory, string prompt, params string[] more) =>
        Alone.Start(["launch", "probe", "-p", prompt, "--cwd", directory, .. more]);

    /// <summary>Launches and waits for the command's end.</summary>
    protected async Task<ProcessResult> Launched(string prompt, params string[] more)
    {
        var result = await Launch(prompt, more).Exit();
        Sandbox.Tell($"$ agentctl launch probe -p '{prompt}'\n{result.Output}{result.Error}(exit {result.ExitCode})");
        return result;
    }

    protected Task<ProcessStat> AgentIn(string directory) => Named(Path.Combine(directory, "agent.pid"));

    protected Task<ProcessStat> ChildIn(string directory) => Named(Path.Combine(directory, "child.pid"));

    protected static async Task<ProcessStat> Named(string pidFile)
    {
        var pid = await Eventually.See($"a pid in {Path.GetFileName(pidFile)}", Deadline, () => File.Exists(pidFile) ? File.ReadAllText(pidFile).Trim() : "", text => text.Length > 0);
        return ProcessStat.Read(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)) ?? throw new InvalidOperationException($"pid {pid} of {pidFile} is gone already");
    }

    protected static Task Told(string directory) => Eventually.True("the agent's session", Deadline, () => File.Exists(Path.Combine(directory, "told")));

    protected void LetEnd(string? directory = null) => File.WriteAllText(Path.Combine(directory ?? Project, "end"), "");

    /// <summary>The shim of the agent: its parent.</summary>
    protected static ProcessStat ShimOf(ProcessStat agent) => ProcessStat.Read(agent.ParentPid)!;

    protected static async Task Kill(ProcessStat process)
    {
        await Signals.Send("KILL", process);
        await Eventually.True($"pid {process.Pid} to be gone", Deadline, () => process.Now() is null);
    }

    protected async Task<IReadOnlyList<Told>> List(AgentctlCli agentctl)
    {
        var result = await agentctl.Quietly("list", "-a", "--json");
        Assert.True(result.ExitCode == 0, $"list -a --json ended with {result.ExitCode}: {result.Error}");
        using var rows = JsonDocument.Parse(result.Output);
        return [.. rows.RootElement.EnumerateArray().Select(Chaos.Told.From)];
    }

    protected async Task<Told?> One(AgentctlCli agentctl)
    {
        var rows = await List(agentctl);
        Assert.True(rows.Count <= 1, $"one session was launched, and these are told:\n{string.Join('\n', rows.Select(row => row.Raw))}");
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>The directories that are told to be held.</summary>
    protected async Task<IReadOnlyList<string>> Locks(AgentctlCli agentctl)
    {
        var result = await agentctl.Quietly("locks", "--json");
        Assert.True(result.ExitCode == 0, $"locks --json ended with {result.ExitCode}: {result.Error}");
        using var rows = JsonDocument.Parse(result.Output);
        return [.. rows.RootElement.EnumerateArray().Select(row => row.GetProperty("directory").GetString()!)];
    }

    /// <summary>What lives in the sandbox beside a daemon: the network namespace says that it is ours, the name only which.</summary>
    protected IReadOnlyList<ProcessStat> LivingAgents() => [.. Sandbox.Living().Where(process => process.Comm is not ("agentctld" or "agentctl"))];

    protected ProcessStat? Daemon() => Sandbox.Living().FirstOrDefault(process => process.Comm == "agentctld");
}
