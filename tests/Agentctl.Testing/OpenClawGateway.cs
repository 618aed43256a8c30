using System.Text.Json;
using System.Text.Json.Nodes;

namespace Agentctl.Testing;

/// <summary>An OpenClaw gateway in a sandbox, on its usual port, with hooks on, talking to the fake model.</summary>
public sealed class OpenClawGateway
{
    public const string Token = "test-token-123";
    public const string HookToken = "hook-tok-1234567890";
    private const string Port = "18789";
    public const string Url = $"ws://127.0.0.1:{Port}";
    public const string HookAddress = $"http://127.0.0.1:{Port}/hooks/agent";
    /// <summary>How often a gateway may fail to start.</summary>
    private const int Attempts = 5;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(3);

    private readonly Sandbox sandbox;
    private readonly Dictionary<string, string> variables = new()
    {
        ["OPENCLAW_NO_RESPAWN"] = "1",

        // What Node has compiled once is there for every gateway, in whatever TMPDIR: that is a quarter of a start.
        ["NODE_COMPILE_CACHE"] = Path.Combine(Repository.Cache, "node-compile-cache"),
        ["OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED"] = "1",
    };

    private OpenClawGateway(Sandbox sandbox) => this.sandbox = sandbox;

    /// <summary>The gateway that runs now.</summary>
    public RealProcess Process { get; private set; } = null!;

    public static async Task<OpenClawGateway> Start(Sandbox sandbox)
    {
        sandbox.HomeFile(".openclaw/openclaw.json", new JsonObject
        {
            ["gateway"] = new JsonObject
            {
                ["mode"] = "local",
                ["bind"] = "loopback",
                ["port"] = int.Parse(Port),
                ["auth"] = new JsonObject { ["mode"] = "token", ["token"] = Token },
            },
            ["agents"] = new JsonObject
            {
                ["defaults"] = new JsonObject
                {
                    ["workspace"] = sandbox.Folder("openclaw"),
                    ["model"] = new JsonObject { ["primary"] = "fake/fake-model" },

                    // Else the gateway's main session has a turn at whatever moment, also about each run that has ended.
                    ["heartbeat"] = new JsonObject { ["every"] = "0m" },
                },
            },
            ["models"] = new JsonObject
            {
                ["mode"] = "merge",
                ["providers"] = new JsonObject
                {
                    ["fake"] = new JsonObject
                    {
                        ["baseUrl"] = FakeModelProcess.Address + "/v1",
                        ["apiKey"] = "dummy",
                        ["api"] = "openai-completions",
                        ["models"] = new JsonArray(new JsonObject
                        {
                            ["id"] = "fake-model",
                            ["name"] = "Fake",
                            ["reasoning"] = false,
                            ["input"] = new JsonArray("text"),
                            ["cost"] = new JsonObject { ["input"] = 0, ["output"] = 0, ["cacheRead"] = 0, ["cacheWrite"] = 0 },
                            ["contextWindow"] = 100000,
                            ["maxTokens"] = 4096,
                        }),
                    },
                },
            },
            ["hooks"] = new JsonObject { ["enabled"] = true, ["token"] = HookToken, ["path"] = "/hooks" },
        }.ToJsonString());
        var gateway = new OpenClawGateway(sandbox);
        await gateway.StartAgain();
        return gateway;
    }

    /// <summary>
    /// Starts the gateway, as after it was stopped or killed. A gateway gives up when parts of it need more than five seconds to start,
    /// which they do on a machine that is busy enough: then it is started once more.
    /// </summary>
    public async Task StartAgain()
    {
        for (var left = Attempts - 1; !await Starts(isLast: left == 0); left--)
        {
            sandbox.Tell($"the gateway failed to start; {left} attempts left");
        }
    }

    private async Task<bool> Starts(bool isLast)
    {
        Process = sandbox.Start([InstalledAgents.Node, InstalledAgents.OpenClaw, "gateway", "run", "--port", Port, "--bind", "loopback"], variables);
        try
        {
            await Process.Printed("[gateway] ready", StartDeadline);
            return true;
        }
        catch (InvalidOperationException) when (!isLast && (Process.Output + Process.Error).Contains("Gateway failed to start", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>Calls one of the gateway's methods through OpenClaw's own command line.</summary>
    public async Task<JsonElement> Call(string method, JsonObject parameters)
    {
        var result = await sandbox.Run(
            [InstalledAgents.Node, InstalledAgents.OpenClaw, "gateway", "call", method, "--params", parameters.ToJsonString(), "--json"], variables, deadline: StartDeadline);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"gateway call {method}: {result.Error}{result.Output}");
        }

        using var document = JsonDocument.Parse(result.Output[result.Output.IndexOf('{', StringComparison.Ordinal)..]);
        return document.RootElement.Clone();
    }

    /// <summary>
    /// Posts to the hook that starts an agent run, as a webhook sender would: again after a 503, which says that the run did
    /// not start within the fifteen seconds that the gateway gives it, and never will.
    /// </summary>
    public async Task PostHook(string message) => await Eventually.See(
        "the gateway to start the run", StartDeadline, () => PostOnce(message),
        static posted => posted.ExitCode == 0 || (posted.Output.StartsWith("503 ", StringComparison.Ordinal) ? false : throw new InvalidOperationException(posted.Output + posted.Error)));

    private Task<ProcessResult> PostOnce(string message) => sandbox.Run(
    [
        InstalledAgents.Node, "-e",
        $$"""
        fetch('{{HookAddress}}', { method: 'POST',
          headers: { authorization: 'Bearer {{HookToken}}', 'content-type': 'application/json' }, body: JSON.stringify({ message: process.argv[1], wakeMode: 'next-heartbeat' }) })
          .then(async r => { console.log(r.status, await r.text()); process.exit(r.ok ? 0 : 1); })
        """,
        message,
    ]);
}
