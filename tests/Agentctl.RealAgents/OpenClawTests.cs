using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>A real OpenClaw gateway, and what agentctl tells of its sessions.</summary>
public sealed class OpenClawTests : AgentTests
{
    private OpenClawGateway gateway = null!;

    private protected override async Task Prepare() => gateway = await OpenClawGateway.Start(Sandbox);

    [Fact]
    public async Task Openclaw_cron_run_is_active_only_while_it_runs_and_stays_one_row()
    {
        var added = await gateway.Call("cron.add", new JsonObject
        {
            ["name"] = "nightly",
            ["schedule"] = new JsonObject { ["kind"] = "every", ["everyMs"] = 86_400_000 },
            ["sessionTarget"] = "isolated",
            ["wakeMode"] = "now",
            ["payload"] = new JsonObject { ["kind"] = "agentTurn", ["message"] = "HOLD cron" },
        });
        var job = added.GetProperty("id").GetString()!;
        Assert.DoesNotContain(await Agentctl.Rows(), IsActive);

        await gateway.Call("cron.run", new JsonObject { ["jobId"] = job, ["mode"] = "force" });
        await Model.Reached("cron");
        var during = Assert.Single(await Agentctl.Rows(), IsActive);
        Assert.Equal(("running", "gateway"), (Seen.From(during).Status, Seen.From(during).Owner));

        Model.Release("cron");
        var after = await Eventually.See("the end of the run", RealProcess.UsualDeadline, Agentctl.Rows, rows => !rows.Any(IsActive));
        Assert.Equal("stopped", Seen.From(Assert.Single(after, row => SameId(row, during))).Status);
    }

    [Fact]
    public async Task Openclaw_hook_run_ends_with_its_gateway_and_comes_back_with_it()
    {
        await gateway.PostHook("HOLD hook");
        await Model.Reached("hook");
        var during = Assert.Single(await Agentctl.Rows(), IsActive);
        Assert.Equal("running", Seen.From(during).Status);

        // The gateway's database goes on saying "running".
        await gateway.Process.Kill();
        var down = await Agentctl.Served.Run("list", "-a", "--json");
        using (var rows = JsonDocument.Parse(down.Output))
        {
            Assert.DoesNotContain(rows.RootElement.EnumerateArray(), IsActive);
        }

        await gateway.StartAgain();
        Model.Release("hook");
        await Eventually.See(
            "the hook's session at rest", RealProcess.UsualDeadline, Agentctl.Rows,
            rows => rows.Any(row => SameId(row, during) && Seen.From(row).Status == "stopped"));
    }

    [Fact]
    public async Task W15_openclaw_with_a_wrong_token_is_named_and_the_rest_is_shown()
    {
        var claude = new ClaudeHome(Sandbox);
        var id = Guid.NewGuid().ToString();
        Assert.Equal(0, (await claude.Print("SAY hi", id).Exit()).ExitCode);
        foreach (var cli in new[] { Agentctl.Alone, Agentctl.Served })
        {
            cli.Variables["OPENCLAW_GATEWAY_TOKEN"] = "wrong-token-9";
            var result = await cli.Run("list", "-a", "--json");
            Assert.Equal(6, result.ExitCode);
            Assert.Contains("openclaw", result.Error, StringComparison.Ordinal);
            Assert.Contains("token", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong-token-9", result.Output + result.Error, StringComparison.Ordinal);
            using var rows = JsonDocument.Parse(result.Output);
            Assert.Contains(rows.RootElement.EnumerateArray(), row => row.GetProperty("id").GetString() == id);
        }
    }

    private static bool IsActive(JsonElement row) => Seen.From(row).Status is "starting" or "running" or "waiting" or "idle";

    private static bool SameId(JsonElement row, JsonElement other) => row.GetProperty("id").GetString() == other.GetProperty("id").GetString();
}
