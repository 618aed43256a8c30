using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>The real ACP bridges, driven by agentctl.</summary>
public sealed class BridgeTests : BridgeWorld
{
    [Theory]
    [InlineData("claude")]
    [InlineData("codex")]
    [InlineData("opencode")]
    [InlineData("pi")]
    [InlineData("gemini")]
    public Task A_bridge_answers_runs_a_tool_is_cancelled_and_goes_on(string agent) => AnswersRunsAToolIsCancelledAndGoesOn(agent);

    /// <summary>MCP servers of config.json reach the agent, and the model can call their tools.</summary>
    [Theory]
    [InlineData("claude", "tools/list", "tools/call")]
    [InlineData("codex", "tools/list")] // It offers the tool inside a namespace, which the fake model cannot call.
    [InlineData("opencode", "tools/list", "tools/call")]
    public async Task A_bridge_is_given_the_MCP_servers_of_config(string agent, params string[] heard)
    {
        var server = Sandbox.HomeFile("server.mjs", """
            import { createInterface } from 'node:readline';
            import { appendFileSync } from 'node:fs';
            const answers = {
              initialize: m => ({ protocolVersion: m.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'marks', version: '1' } }),
              'tools/list': () => ({ tools: [{ name: 'mark', description: 'marks', inputSchema: { type: 'object', properties: {} } }] }),
              'tools/call': () => ({ content: [{ type: 'text', text: 'marked' }] }),
            };
            createInterface({ input: process.stdin }).on('line', line => {
              const m = JSON.parse(line);
              appendFileSync(process.env.MARK, m.method + '\n');
              if (m.id === undefined) return;
              const answer = answers[m.method];
              console.log(JSON.stringify(answer ? { jsonrpc: '2.0', id: m.id, result: answer(m) } : { jsonrpc: '2.0', id: m.id, error: { code: -32601, message: 'no' } }));
            });
            """);
        var mark = Path.Combine(Sandbox.Root, "mark");

        // Claude Code would offer it only to a model that searches for tools.
        Sandbox.Variables["ENABLE_TOOL_SEARCH"] = "false";
        Sandbox.HomeFile(".agentctl/config.json", new JsonObject
        {
            ["mcp_servers"] = new JsonArray(new JsonObject
            {
                ["name"] = "marks",
                ["command"] = InstalledAgents.Node,
                ["args"] = new JsonArray(server),
                ["env"] = new JsonArray(new JsonObject { ["name"] = "MARK", ["value"] = mark }),
            }),
        }.ToJsonString());

        var result = await Run("exec", "-a", agent, "--approve-all", "--format", "quiet", "CALL mark");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(heard, File.ReadAllText(mark).Split('\n')[..^1].Where(static method => method.StartsWith("tools/", StringComparison.Ordinal)).Distinct());
    }
}

/// <summary>The bridge to a gateway.</summary>
[Collection(nameof(Alone))]
public sealed class GatewayBridgeTests : BridgeWorld
{
    [Fact]
    public async Task The_bridge_to_a_gateway_answers_runs_a_tool_is_cancelled_and_goes_on()
    {
        await OpenClawGateway.Start(Sandbox);
        await AnswersRunsAToolIsCancelledAndGoesOn("openclaw");
    }
}
