using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>Every kind of agent at once, on one machine, as it is after a day's work.</summary>
[Collection(nameof(Alone))]
public sealed class SixAtOnceTests : AgentTests
{
    private static readonly string[] Adapters = ["claude-code", "codex", "opencode", "pi", "gemini", "openclaw"];

    private AgentctlCli agentctl = null!;

    private protected override async Task Prepare()
    {
        OtherAgents.PrepareWithClaudeAndCodex(Sandbox);
        await OpenClawGateway.Start(Sandbox);
        agentctl = new AgentctlCli(Sandbox, withDaemon: true);
    }

    [Fact]
    public async Task Six_agents_at_once_are_each_told_running_and_then_done()
    {
        foreach (var adapter in Adapters)
        {
            string[] where = adapter == "openclaw" ? [] : ["--cwd", Sandbox.Folder($"home/{adapter}")];
            var launched = await agentctl.Run(["launch", adapter, "-p", $"HOLD {adapter}", .. where]);
            Assert.True(launched.ExitCode == 0, launched.Output + launched.Error);
            await Model.Reached(adapter);
        }

        // Beside what agentctl launched, one that somebody began in a terminal of his own.
        var foreign = Sandbox.Start([Path.Combine(Sandbox.Folder("bin"), "opencode"), "run", "--format", "json", "HOLD foreign"], workingDirectory: Sandbox.Folder("home/elsewhere"));
        await Model.Reached("foreign");

        var rows = await Eventually.See("all seven", RealProcess.UsualDeadline, Rows, static rows => rows.Count == 7);
        Assert.Equal(Adapters.Order(), Of(rows, "running"));
        Assert.Equal(["opencode"], Of(rows, "unknown"));
        await agentctl.Run("list");
        await agentctl.Run("explain", rows.Single(static row => row.GetProperty("status").GetString() == "unknown").GetProperty("id").GetString()!);

        foreach (var name in Adapters.Append("foreign"))
        {
            Model.Release(name);
        }

        Assert.Equal(0, (await foreign.Exit()).ExitCode);
        await Eventually.See("all to be over", RealProcess.UsualDeadline, Rows, static rows => rows.Count == 0);
    }

    private static IEnumerable<string> Of(IReadOnlyList<JsonElement> rows, string status) =>
        rows.Where(row => row.GetProperty("status").GetString() == status).Select(static row => row.GetProperty("adapter").GetString()!).Order();

    private async Task<IReadOnlyList<JsonElement>> Rows()
    {
        using var document = JsonDocument.Parse((await agentctl.Quietly("list", "--json")).Output);
        return [.. document.RootElement.EnumerateArray().Select(static row => row.Clone())];
    }
}
