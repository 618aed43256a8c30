using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>The real agents, launched, waited for, stopped and resumed by agentctl.</summary>
public sealed class LaunchTests : AgentTests
{
    private AgentctlCli agentctl = null!;

    private protected override Task Prepare()
    {
        OtherAgents.PrepareWithClaudeAndCodex(Sandbox);
        agentctl = new AgentctlCli(Sandbox, withDaemon: true);
        return Task.CompletedTask;
    }

    public static TheoryData<string> Adapters => ["claude-code", "codex", "opencode", "pi", "gemini"];

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Launched_agent_is_waited_for_and_ends_done(string adapter)
    {
        var launched = await Launch(adapter, "SAY the work is done");
        var waited = await agentctl.Run("wait", launched.Id);
        Assert.Equal(0, waited.ExitCode);
        var row = await Row(launched.Id);
        Assert.Equal(("stopped", "done", 0), (row.GetProperty("status").GetString(), row.GetProperty("reason").GetString(), row.GetProperty("exitCode").GetInt32()));
        Assert.Equal(launched.LaunchId, row.GetProperty("meta").GetProperty("launch").GetString());
        Assert.Contains("the work is done", (await agentctl.Run("peek", launched.Id)).Output);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Launch_wait_shows_the_conversation_and_exits_with_its_outcome(string adapter)
    {
        var result = await agentctl.Run("launch", adapter, "--wait", "-p", "SAY hello from the model", "--model", ModelOf(adapter));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Launched session ", result.Output);
        Assert.Contains("hello from the model", result.Output);
        Assert.Contains("stopped (done)", result.Error);
    }

    [Fact]
    public async Task Printed_id_means_one_session_although_others_began_in_the_same_minute()
    {
        // Codex's ids begin with the time: those of one minute share their first eight letters.
        var printed = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var launched = await agentctl.Run("launch", "codex", "-p", "SAY done", "--cwd", Sandbox.Folder($"p{i}"));
            Assert.True(launched.ExitCode == 0, launched.Error);
            printed.Add(launched.Output.Split(' ', '\n')[2]);
        }

        Assert.Equal(0, (await agentctl.Run("status", printed[^1])).ExitCode);
        Assert.True(printed[^1].Length >= 8, printed[^1]);
        Assert.Equal(0, (await agentctl.Run("wait", printed[^1])).ExitCode);
    }

    [Fact]
    public async Task Matrix_of_four_works_in_four_trees_at_once_and_each_is_told()
    {
        var shop = Sandbox.Folder("shop");
        Sandbox.HomeFile(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.com\n");
        await File.WriteAllTextAsync(Path.Combine(shop, "README.md"), "shop\n", TestContext.Current.CancellationToken);
        foreach (var words in (string[])["init -q -b main", "add .", "commit -qm one"])
        {
            Assert.Equal(0, (await Sandbox.Start(["git", "-C", shop, .. words.Split(' ')]).Exit()).ExitCode);
        }

        var matrix = Sandbox.HomeFile("sweep.yaml", """
            prompt: HOLD turn
            matrix:
              - adapter: claude-code
                model: [claude-fake, claude-opus-fake]
                thinking: low
              - adapter: codex
                model: gpt-fake
                thinking: [low, high]
            """);
        var launched = await agentctl.Run("launch", "--matrix", matrix, "--cwd", shop, "--json");
        Assert.True(launched.ExitCode == 0, launched.Output + launched.Error);
        using var many = JsonDocument.Parse(launched.Output);
        var group = many.RootElement.GetProperty("group").GetString()!;
        var slots = many.RootElement.GetProperty("slots").EnumerateArray().ToList();
        Assert.Equal(["cc-claude-fake", "cc-opus", "codex-gpt-fake", "codex-gpt-fake-2"], slots.Select(slot => slot.GetProperty("label").GetString()));

        // All four in their turn at the same time, each in its own tree.
        var running = await Eventually.See("four running sessions", RealProcess.UsualDeadline,
            async () => JsonDocument.Parse((await agentctl.Quietly("list", "--group", group, "--json")).Output).RootElement.EnumerateArray().ToList(),
            rows => rows.Count == 4 && rows.TrueForAll(row => row.GetProperty("status").GetString() == "running"));
        Assert.Equal(slots.Select(slot => slot.GetProperty("path").GetString()!).Order(), running.Select(row => row.GetProperty("cwd").GetString()!).Order());

        Model.Release("turn");
        var waited = await agentctl.Run("wait", "--group", group, "--timeout", "60s");
        Assert.True(waited.ExitCode == 0, waited.Output + waited.Error);
        var listed = await agentctl.Run("worktree", "list", shop, "--json");
        var trees = JsonDocument.Parse(listed.Output).RootElement.EnumerateArray().Skip(1).ToList();
        Assert.Equal(4, trees.Count);
        Assert.All(trees, tree => Assert.Equal((group, "stopped"), (tree.GetProperty("group").GetString(), tree.GetProperty("status").GetString())));
        var cleaned = await agentctl.Run("worktree", "clean", group, "--repo", shop, "--delete-branch");
        Assert.True(cleaned.ExitCode == 0, cleaned.Output + cleaned.Error);
        Assert.Single(JsonDocument.Parse((await agentctl.Run("worktree", "list", shop, "--json")).Output).RootElement.EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Session_is_running_in_its_turn_and_is_stopped_in_the_middle_of_it(string adapter)
    {
        var launched = await Launch(adapter, "HOLD turn");
        await Model.Reached("turn");
        var row = await Eventually.See("a running session", RealProcess.UsualDeadline, () => Row(launched.Id), seen => seen.GetProperty("status").GetString() == "running");
        Assert.Equal(("agentctl", launched.Pid), (row.GetProperty("owner").GetString(), row.GetProperty("pid").GetInt32()));
        Assert.Equal(5, (await agentctl.Run("launch", adapter, "-p", "SAY no", "--cwd", Sandbox.Work)).ExitCode);

        var stopped = await agentctl.Run("stop", launched.Id);
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        var after = await Row(launched.Id);
        Assert.Equal(("stopped", "asked", false), (after.GetProperty("status").GetString(), after.GetProperty("reason").GetString(), after.GetProperty("alive").GetBoolean()));
        Assert.Empty(JsonDocument.Parse((await agentctl.Run("locks", "--json")).Output).RootElement.EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task W25_resumed_session_keeps_its_id_and_its_directory(string adapter)
    {
        var first = await Launch(adapter, "SAY one", "--cwd", Sandbox.Folder("elsewhere"), "--name", "worker");
        await agentctl.Run("wait", first.Id);

        var resumed = await agentctl.Run("resume", first.Id[..8], "--wait", "SAY two");
        Assert.True(resumed.ExitCode == 0, resumed.Output + resumed.Error);
        Assert.Contains("two", resumed.Output);
        var rows = JsonDocument.Parse((await agentctl.Run("list", "-a", "--json")).Output).RootElement.EnumerateArray().ToList();
        var row = Assert.Single(rows);
        Assert.Equal((first.Id, "worker"), (row.GetProperty("id").GetString(), row.GetProperty("meta").GetProperty("name").GetString()));
        Assert.NotEqual(first.LaunchId, row.GetProperty("meta").GetProperty("launch").GetString());
        Assert.Equal(Path.Combine(Sandbox.Root, "elsewhere"), row.GetProperty("cwd").GetString());
        Assert.Contains("one", (await agentctl.Run("peek", first.Id)).Output);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Living_session_is_not_resumed_a_second_time(string adapter)
    {
        var launched = await Launch(adapter, "HOLD turn");
        await Model.Reached("turn");
        var refused = await agentctl.Run("resume", launched.Id, "SAY me too");
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains($"agentctl wait {launched.Id}", refused.Error);
        Model.Release("turn");
        await agentctl.Run("wait", launched.Id);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public async Task Large_prompt_that_begins_with_dashes_arrives_whole(string adapter)
    {
        // Codex itself takes no more than 1,048,576 characters, Claude no more than its model's context.
        const int size = 1 << 19;
        var prompt = Sandbox.HomeFile("prompt.md", "--dangerous -p looks like a flag\n" + new string('x', size) + "\nSAY all of it came");
        var launched = await Sandbox.Run(["sh", "-c", $"exec {AgentctlCli.Program} launch {adapter} --wait -p - < {prompt}"], agentctl.Variables);
        Assert.True(launched.ExitCode == 0, launched.Output[..Math.Min(500, launched.Output.Length)] + launched.Error);
        Assert.Contains("all of it came", launched.Output);
    }

    [Fact]
    public async Task Claude_denied_a_tool_ends_with_that_reason()
    {
        var result = await agentctl.Run("launch", "--wait", "--model", "claude-fake", "-p", "RUN touch not-allowed");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("permission-denied", result.Error);
    }

    [Fact]
    public async Task Claude_kept_open_takes_messages_and_an_interrupt()
    {
        var launched = await Launch("claude-code", "SAY first", "--open", "--model", "claude-fake");
        await agentctl.Run("wait", launched.Id, "--for", "idle", "--timeout", "20s");
        Assert.Equal(0, (await agentctl.Run("send", launched.Id, "HOLD second")).ExitCode);
        await Model.Reached("second");
        Assert.Equal(0, (await agentctl.Run("cancel", launched.Id)).ExitCode);
        await Eventually.See("an idle session", RealProcess.UsualDeadline, () => Row(launched.Id), row => row.GetProperty("status").GetString() == "idle");
        Assert.Equal(0, (await agentctl.Run("send", launched.Id, "SAY third")).ExitCode);
        await Eventually.See("the third answer", RealProcess.UsualDeadline, () => agentctl.Quietly("peek", launched.Id), seen => seen.Output.Contains("third", StringComparison.Ordinal));
        Assert.Equal(0, (await agentctl.Run("stop", launched.Id)).ExitCode);
    }

    [Fact]
    public async Task Claude_in_the_background_is_stopped_through_its_daemon_and_stays_stopped()
    {
        var claude = new ClaudeHome(Sandbox);
        Assert.Equal(0, (await claude.Run("--bg", "HOLD background", "--model", "claude-fake")).ExitCode);
        await Model.Reached("background");
        var id = Assert.Single(JsonDocument.Parse((await agentctl.Run("list", "--json")).Output).RootElement.EnumerateArray()).GetProperty("id").GetString()!;

        var stopped = await agentctl.Run("stop", id);
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        Assert.Contains("claude stop", stopped.Output);

        // Its daemon starts a killed worker again after about ten seconds: one that was stopped it must not.
        var until = DateTime.UtcNow.AddSeconds(13);
        while (DateTime.UtcNow < until)
        {
            Assert.Equal((false, "stopped"), await Row(id) is var row ? (row.GetProperty("alive").GetBoolean(), row.GetProperty("status").GetString()) : default);
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Codex_thread_of_its_daemon_is_interrupted_and_spoken_to()
    {
        var tui = await new CodexHome(Sandbox).Tui();
        await tui.ReadUntil("gpt-fake");
        await tui.Type("HOLD turn");
        await tui.ReadUntil("HOLD turn");
        await tui.Press("Enter");
        await Model.Reached("turn");
        var row = (await Eventually.See("a running thread of Codex's daemon", RealProcess.UsualDeadline, Rows, rows => rows.Any(one => one.GetProperty("owner").GetString() == "codex-daemon" && one.GetProperty("status").GetString() == "running")))
            .First(one => one.GetProperty("owner").GetString() == "codex-daemon");
        var id = row.GetProperty("id").GetString()!;

        var stopped = await agentctl.Run("stop", id);
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        Assert.Contains("turn/interrupt", stopped.Output);
        await Eventually.See("an idle thread", RealProcess.UsualDeadline, () => Row(id), seen => seen.GetProperty("status").GetString() is "idle" or "stopped");

        var sent = await agentctl.Run("send", id, "SAY spoken to");
        Assert.True(sent.ExitCode == 0, sent.Output + sent.Error);
        await Eventually.See("the answer", RealProcess.UsualDeadline, () => agentctl.Quietly("peek", id), seen => seen.Output.Contains("spoken to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Session_in_a_terminal_is_stopped_only_with_consent()
    {
        var id = Guid.NewGuid().ToString();
        await new ClaudeHome(Sandbox).Tui("--session-id", id, "HOLD turn");
        await Model.Reached("turn");
        var refused = await agentctl.Run("stop", id);
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("--yes", refused.Output);
        Assert.True((await Row(id)).GetProperty("alive").GetBoolean());

        var stopped = await agentctl.Run("stop", id, "--yes");
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        Assert.False((await Row(id)).GetProperty("alive").GetBoolean());
    }

    [Fact]
    public async Task Ended_session_is_attached_to_with_the_agents_own_interface()
    {
        var launched = await Launch("claude-code", "SAY remembered words");
        await agentctl.Run("wait", launched.Id);
        var terminal = await Pty.Start(Sandbox, [AgentctlCli.Program, "attach", launched.Id[..8]], agentctl.Variables);
        await terminal.ReadUntil("remembered words");
        var row = await Eventually.See("the session in a terminal", RealProcess.UsualDeadline, () => Row(launched.Id), seen => seen.GetProperty("alive").GetBoolean());
        Assert.Equal("terminal", row.GetProperty("owner").GetString());
        Assert.Equal(5, (await agentctl.Run("attach", launched.Id)).ExitCode);
    }

    private sealed record Launched(string Id, string LaunchId, int Pid);

    private static string ModelOf(string adapter) => adapter switch
    {
        "codex" => "gpt-fake",
        "claude-code" => "claude-fake",
        "gemini" => "gemini-2.5-flash",
        _ => "fake/fake-model",
    };

    private async Task<Launched> Launch(string adapter, string prompt, params string[] more)
    {
        var result = await agentctl.Run(["launch", adapter, "-p", prompt, "--json", .. more]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        using var document = JsonDocument.Parse(result.Output);
        var root = document.RootElement;
        var launchId = root.GetProperty("launchId").GetString()!;

        // An agent that is slow to tell its session is called by its launch until it does.
        var id = root.TryGetProperty("sessionId", out var told)
            ? told.GetString()!
            : await Eventually.See("the session's id", RealProcess.UsualDeadline, async () => (await Row(launchId)).GetProperty("id").GetString()!, static id => !id.StartsWith('@'));
        return new Launched(id, launchId, root.TryGetProperty("pid", out var pid) ? pid.GetInt32() : 0);
    }

    private async Task<JsonElement> Row(string id)
    {
        var result = await agentctl.Quietly("status", id, "--json");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    private async Task<IReadOnlyList<JsonElement>> Rows()
    {
        using var document = JsonDocument.Parse((await agentctl.Quietly("list", "--json")).Output);
        return [.. document.RootElement.EnumerateArray().Select(row => row.Clone())];
    }
}
