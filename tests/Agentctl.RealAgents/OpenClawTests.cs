using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>A real OpenClaw gateway, and what agentctl tells of its sessions. The tests share it, so each names its prompts for itself.</summary>
[Collection(nameof(Alone))]
public sealed class OpenClawTests(SharedGateway shared) : IClassFixture<SharedGateway>, IAsyncLifetime
{
    private readonly OpenClawGateway gateway = shared.Gateway;

    private Sandbox Sandbox { get; } = shared.Sandbox;
    private FakeModelProcess Model { get; } = shared.Model;
    private Observer Agentctl { get; } = new(shared.Sandbox);

    public ValueTask InitializeAsync() => shared.EnsureRunning();

    public ValueTask DisposeAsync()
    {
        Sandbox.ShowTranscript();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Openclaw_cron_run_is_active_only_while_it_runs_and_stays_one_row()
    {
        var added = await gateway.Call("cron.add", new JsonObject
        {
            ["name"] = "nightly",
            ["schedule"] = new JsonObject { ["kind"] = "every", ["everyMs"] = 86_400_000 },
            ["sessionTarget"] = "isolated",
            ["wakeMode"] = "next-heartbeat",
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
            // A daemon that runs already has the right token.
            cli.Variables["AGENTCTL_HOME"] = Sandbox.Folder("home/with-a-wrong-token");
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

    /// <summary>Founding incident 1, as its reporter gave it: the daemon discovers gateway sessions, they complete at the gateway, and the count must not grow.</summary>
    [Fact]
    public async Task Gateway_sessions_that_complete_are_not_counted_as_active()
    {
        const int Runs = 12;
        Assert.Equal(0, (await Agentctl.Served.Run("daemon", "start")).ExitCode);
        for (var i = 0; i < Runs; i++)
        {
            await gateway.PostHook(i == 0 ? "HOLD incident" : $"SAY run {i}");
        }

        await Model.Reached("incident");
        await Eventually.See("the first run", RealProcess.UsualDeadline, Active, static count => count >= 1);
        Model.Release("incident");
        await Eventually.See("every run to be over", RealProcess.UsualDeadline, Active, static count => count == 0);
        var rows = await Agentctl.Rows();
        Assert.True(rows.Count >= Runs, $"{rows.Count} rows");
        Assert.DoesNotContain(rows, IsActive);
    }

    private async Task<int> Active()
    {
        using var status = JsonDocument.Parse((await Agentctl.Served.Quietly("daemon", "status", "--json")).Output);
        return status.RootElement.GetProperty("active").GetInt32();
    }

    [Fact]
    public async Task Openclaw_session_is_launched_spoken_to_read_stopped_and_resumed_at_its_gateway()
    {
        var launched = await Run("launch", "openclaw", "--json", "-p", "HOLD launched", "--name", "by agentctl");
        var id = JsonDocument.Parse(launched).RootElement.GetProperty("sessionId").GetString()!;
        await Model.Reached("launched");
        Assert.Equal(("running", "gateway"), ((await Agentctl.See(id)).Status, (await Agentctl.See(id)).Owner));
        Assert.Contains("No directory is held", await Run("locks"), StringComparison.Ordinal);

        Model.Release("launched");
        await Agentctl.Until(id, "the end of the run", static seen => seen.Status == "stopped");
        await Run("resume", id, "HOLD resumed");
        await Model.Reached("resumed");
        Assert.StartsWith("interrupted", await Run("stop", id), StringComparison.Ordinal);
        Assert.DoesNotContain(await Agentctl.Rows(), IsActive);

        await Run("resume", id, "HOLD cancelled");
        await Model.Reached("cancelled");
        await Run("cancel", id);
        Assert.DoesNotContain(await Agentctl.Rows(), IsActive);

        await Run("resume", id, "SAY heard you");
        await Agentctl.Until(id, "the end of the run", static seen => seen.Status == "stopped");
        var peek = await Run("peek", id);
        Assert.Contains("heard you", peek, StringComparison.Ordinal);
        Assert.Contains("HOLD launched", peek, StringComparison.Ordinal);

        var refused = await Agentctl.Alone.Run("launch", "openclaw", "-p", "x", "--model", "other");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--model", refused.Error, StringComparison.Ordinal);
    }

    private async Task<string> Run(params string[] arguments)
    {
        var result = await Agentctl.Alone.Run(arguments);
        Assert.True(result.ExitCode == 0, $"agentctl {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}");
        return result.Output;
    }

    private static bool IsActive(JsonElement row) => Seen.From(row).Status is "starting" or "running" or "waiting" or "idle";

    private static bool SameId(JsonElement row, JsonElement other) => row.GetProperty("id").GetString() == other.GetProperty("id").GetString();
}
