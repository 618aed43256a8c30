using System.Text.Json.Nodes;
using Agentctl.Testing;

namespace Agentctl.RealAgents;

/// <summary>OpenCode, Pi and the Gemini CLI on PATH under the names people have them by, all of them talking to the fake model.</summary>
internal static class OtherAgents
{
    /// <param name="areOlder">OpenCode 1.1 and Pi 0.73 instead of the newest.</param>
    public static void Prepare(Sandbox sandbox, bool areOlder = false)
    {
        var bin = sandbox.Folder("bin");
        foreach (var (name, target) in new Dictionary<string, string>
        {
            ["node"] = InstalledAgents.Node,
            ["pi"] = areOlder ? InstalledAgents.OlderPi : InstalledAgents.Bin("pi"),
            ["opencode"] = areOlder ? InstalledAgents.OlderOpenCode : InstalledAgents.OpenCode,
            ["gemini"] = InstalledAgents.Bin("gemini"),
        })
        {
            File.CreateSymbolicLink(Path.Combine(bin, name), target);
        }

        OpenCode(sandbox);
        Pi(sandbox);
        Gemini(sandbox);
    }

    /// <summary>One prompt, as somebody gives it in a terminal.</summary>
    public static RealProcess Start(Sandbox sandbox, string agent, string prompt, params string[] more)
    {
        string[] command = agent switch
        {
            "opencode" => ["opencode", "run", .. more, "--format", "json", prompt],
            "pi" => ["pi", .. more, "-p", prompt],
            _ => ["gemini", .. more, "-m", "gemini-2.5-flash", "-p", prompt],
        };
        return sandbox.Start([Path.Combine(sandbox.Folder("bin"), command[0]), .. command[1..]]);
    }

    /// <summary>Those, and Claude Code and Codex too.</summary>
    public static void PrepareWithClaudeAndCodex(Sandbox sandbox)
    {
        var bin = sandbox.Folder("bin");
        File.CreateSymbolicLink(Path.Combine(bin, "claude"), InstalledAgents.Claude);
        File.CreateSymbolicLink(Path.Combine(bin, "codex"), InstalledAgents.Codex);
        Prepare(sandbox);
        sandbox.Variables["PATH"] = $"{bin}:{sandbox.Variables["PATH"]}";
        foreach (var (name, value) in new ClaudeHome(sandbox).Variables.Concat(new CodexHome(sandbox).Variables))
        {
            sandbox.Variables[name] = value;
        }

        sandbox.Variables["AGENTCTL_CLAUDE_USE_API_KEY"] = "1";
    }

    private static void OpenCode(Sandbox sandbox) => sandbox.HomeFile(".config/opencode/opencode.json", new JsonObject
    {
        ["autoupdate"] = false,
        ["share"] = "disabled",
        ["model"] = "fake/fake-model",
        ["small_model"] = "fake/fake-model",
        ["provider"] = new JsonObject
        {
            ["fake"] = new JsonObject
            {
                ["npm"] = "@ai-sdk/openai-compatible",
                ["name"] = "Fake",
                ["options"] = new JsonObject { ["baseURL"] = FakeModelProcess.Address + "/v1", ["apiKey"] = "dummy" },
                ["models"] = new JsonObject { ["fake-model"] = new JsonObject { ["name"] = "Fake", ["limit"] = new JsonObject { ["context"] = 100000, ["output"] = 8000 } } },
            },
        },
        ["permission"] = new JsonObject { ["bash"] = "ask" },
    }.ToJsonString());

    private static void Gemini(Sandbox sandbox)
    {
        sandbox.HomeFile(".gemini/settings.json", """
            { "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": false } },
              "privacy": { "usageStatisticsEnabled": false }, "telemetry": { "enabled": false }, "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false } }
            """);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["GEMINI_API_KEY"] = "dummy", ["GOOGLE_GEMINI_BASE_URL"] = FakeModelProcess.Address, ["GEMINI_CLI_TRUST_WORKSPACE"] = "true", ["GEMINI_MODEL"] = "gemini-2.5-flash",
        })
        {
            sandbox.Variables[name] = value;
        }
    }

    private static void Pi(Sandbox sandbox)
    {
        sandbox.HomeFile(".pi/agent/models.json", new JsonObject
        {
            ["providers"] = new JsonObject
            {
                ["fake"] = new JsonObject
                {
                    ["baseUrl"] = FakeModelProcess.Address + "/v1",
                    ["api"] = "openai-completions",
                    ["apiKey"] = "dummy",
                    ["models"] = new JsonArray(new JsonObject
                    {
                        ["id"] = "fake-model",
                        ["name"] = "Fake",
                        ["reasoning"] = false,
                        ["input"] = new JsonArray("text"),
                        ["contextWindow"] = 100000,
                        ["maxTokens"] = 4096,
                        ["cost"] = new JsonObject { ["input"] = 0, ["output"] = 0, ["cacheRead"] = 0, ["cacheWrite"] = 0 },
                    }),
                },
            },
        }.ToJsonString());
        sandbox.HomeFile(".pi/agent/settings.json", """{"defaultProvider":"fake","defaultModel":"fake-model"}""");
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["PI_OFFLINE"] = "1", ["PI_TELEMETRY"] = "0", ["OPENCODE_DISABLE_AUTOUPDATE"] = "1", ["OPENCODE_DISABLE_MODELS_FETCH"] = "1", ["OPENCODE_DISABLE_LSP_DOWNLOAD"] = "1",
        })
        {
            sandbox.Variables[name] = value;
        }
    }
}
