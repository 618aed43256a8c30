using Agentctl.Testing;

namespace Agentctl.RealAgents;

/// <summary>Codex set up in a sandbox: its folder trusted, talking to the fake model, never retrying.</summary>
internal sealed class CodexHome
{
    private readonly Sandbox sandbox;
    private readonly Dictionary<string, string> variables = new() { ["FAKE_API_KEY"] = "dummy" };

    public CodexHome(Sandbox sandbox)
    {
        this.sandbox = sandbox;
        sandbox.HomeFile(".codex/config.toml", $"""
            model = "gpt-fake"
            model_provider = "fake"
            approval_policy = "never"
            sandbox_mode = "danger-full-access"
            check_for_update_on_startup = false
            [analytics]
            enabled = false
            [model_providers.fake]
            name = "fake"
            base_url = "{FakeModelProcess.Address}/v1"
            wire_api = "responses"
            env_key = "FAKE_API_KEY"
            request_max_retries = 0
            stream_max_retries = 0
            [projects."{sandbox.Work}"]
            trust_level = "trusted"
            """);
    }

    /// <summary>What a user's shell would have set.</summary>
    public IReadOnlyDictionary<string, string> Variables => variables;

    /// <summary><c>codex exec</c>: one prompt, then it ends. It prints JSON lines.</summary>
    public RealProcess Exec(string prompt) => sandbox.Start([InstalledAgents.Codex, "exec", "--json", "--skip-git-repo-check", prompt], variables);

    /// <summary>The terminal interface; the thread lives in Codex's own daemon.</summary>
    public Task<Pty> Tui() => Pty.Start(sandbox, [InstalledAgents.Codex], variables);

    /// <summary>The thread id of an exec: <c>{"type":"thread.started","thread_id":"01a1…"}</c>.</summary>
    public static async Task<string> ThreadId(RealProcess exec)
    {
        const string Key = "\"thread_id\":\"";
        var output = await exec.Printed(Key);
        var start = output.IndexOf(Key, StringComparison.Ordinal) + Key.Length;
        return output[start..output.IndexOf('"', start)];
    }
}
