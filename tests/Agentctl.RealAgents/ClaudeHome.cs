using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;

namespace Agentctl.RealAgents;

/// <summary>Claude Code set up in a sandbox: onboarded, its folder trusted, talking to the fake model.</summary>
internal sealed class ClaudeHome
{
    private const string ApiKey = "sk-ant-dummy";
    private readonly Sandbox sandbox;
    private readonly Dictionary<string, string> variables = new()
    {
        ["ANTHROPIC_BASE_URL"] = FakeModelProcess.Address,
        ["ANTHROPIC_API_KEY"] = ApiKey,
        ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
        ["DISABLE_AUTOUPDATER"] = "1",
        ["DISABLE_TELEMETRY"] = "1",
    };

    public ClaudeHome(Sandbox sandbox)
    {
        this.sandbox = sandbox;
        sandbox.HomeFile(".claude.json", new JsonObject
        {
            ["hasCompletedOnboarding"] = true,
            ["theme"] = "dark",
            ["customApiKeyResponses"] = new JsonObject { ["approved"] = new JsonArray(ApiKey), ["rejected"] = new JsonArray() },
            ["projects"] = new JsonObject
            {
                [sandbox.Work] = new JsonObject { ["hasTrustDialogAccepted"] = true, ["hasCompletedProjectOnboarding"] = true },
            },
        }.ToJsonString());
    }

    /// <summary>What a user's shell would have set.</summary>
    public IReadOnlyDictionary<string, string> Variables => variables;

    /// <summary><c>claude -p</c>: one prompt, then it ends.</summary>
    public RealProcess Print(string prompt, string sessionId) =>
        sandbox.Start([InstalledAgents.Claude, "-p", prompt, "--model", "claude-fake", "--session-id", sessionId], variables);

    /// <summary>The terminal interface.</summary>
    public Task<Pty> Tui(params string[] arguments) => Pty.Start(sandbox, [InstalledAgents.Claude, "--model", "claude-fake", .. arguments], variables);

    /// <summary>Any other command, to its end.</summary>
    public Task<ProcessResult> Run(params string[] arguments) => sandbox.Run([InstalledAgents.Claude, .. arguments], variables);

    /// <summary>What Claude itself says of one of its processes; null when it says nothing.</summary>
    public NativeClaude? Native(int pid)
    {
        var file = Path.Combine(sandbox.Home, ".claude", "sessions", $"{pid}.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            var root = document.RootElement;
            return new NativeClaude(root.GetProperty("sessionId").GetString()!, root.TryGetProperty("status", out var status) ? status.GetString() : null);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // not there yet, or being written
        }
    }

    /// <summary>Until Claude says this of its process, for what has no other sign.</summary>
    public Task<NativeClaude?> Says(int pid, string status) =>
        Eventually.See($"claude say {status}", RealProcess.UsualDeadline, () => Native(pid), native => native?.Status == status);
}

internal sealed record NativeClaude(string SessionId, string? Status);
