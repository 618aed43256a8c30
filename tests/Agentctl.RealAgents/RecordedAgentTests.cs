using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>OpenCode, Pi and Gemini as somebody else started them: they leave a record and nothing that ties it to a process.</summary>
public sealed class RecordedAgentTests : AgentTests
{
    private protected override Task Prepare()
    {
        OtherAgents.Prepare(Sandbox);
        Sandbox.Variables["PATH"] = $"{Sandbox.Folder("bin")}:{Sandbox.Variables["PATH"]}";
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("opencode")]
    [InlineData("pi")]
    [InlineData("gemini")]
    public async Task Finished_session_is_stopped_and_its_conversation_is_shown(string agent)
    {
        Assert.Equal(0, (await Start(agent, "SAY it is done").Exit(RealProcess.UsualDeadline)).ExitCode);
        var row = Assert.Single(await Agentctl.Rows());
        Assert.Equal((agent, "stopped", "done"), (row.GetProperty("adapter").GetString(), Seen.From(row).Status, Seen.From(row).Reason));
        Assert.Equal(Sandbox.Work, Seen.From(row).Cwd);
        Assert.Contains("SAY it is done", row.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        var peek = (await Agentctl.Served.Run("peek", row.GetProperty("id").GetString()!)).Output;
        Assert.Contains("it is done", peek, StringComparison.Ordinal);
    }

    /// <summary>Traps 7 and 9: an unfinished message stays unfinished for ever. While a process may work on it, it is probable; then it is over.</summary>
    [Theory]
    [InlineData("opencode")]
    [InlineData("gemini")]
    public async Task Unfinished_session_is_probable_while_a_process_may_work_on_it_and_vanished_when_none_can(string agent)
    {
        var turn = Start(agent, "HOLD turn");
        await Model.Reached("turn");
        var seen = Seen.From(Assert.Single(await Agentctl.Rows()));
        Assert.Equal(("unknown", "probable"), (seen.Status, seen.Reason));
        Assert.Contains("probably pid", seen.Raw, StringComparison.Ordinal);

        // What is only probable is not signalled.
        var id = JsonDocument.Parse(seen.Raw).RootElement.GetProperty("id").GetString()!;
        Assert.NotEqual(0, (await Agentctl.Served.Run("stop", id)).ExitCode);
        Assert.False(turn.HasExited);

        await Signals.Send("KILL", turn.Identity);
        foreach (var left in Sandbox.Living().Where(process => process.CommandLine().Contains(agent, StringComparison.Ordinal)))
        {
            // The Gemini CLI is two processes, and the second outlives the first.
            await Signals.Send("KILL", left);
        }

        await turn.Exit();
        var after = (await Agentctl.Until(id, "the end", static one => one.IsTerminal))!;
        Assert.Equal(("stopped", "vanished"), (after.Status, after.Reason));
    }

    /// <summary>An id on a command line is no proof: it names the more probable process, and that is all.</summary>
    [Theory]
    [InlineData("opencode", "--session")]
    [InlineData("gemini", "--resume")]
    public async Task Process_that_names_the_session_on_its_command_line_is_told_as_the_probable_one(string agent, string option)
    {
        Assert.Equal(0, (await Start(agent, "SAY one").Exit(RealProcess.UsualDeadline)).ExitCode);
        if (agent == "gemini")
        {
            ChatBecomesOneOfAnotherMinute();
        }

        var id = Assert.Single(await Agentctl.Rows()).GetProperty("id").GetString()!;
        var turn = OtherAgents.Start(Sandbox, agent, "HOLD turn", option, id);
        await Model.Reached("turn");
        var seen = Seen.From(Assert.Single(await Agentctl.Rows()));
        Assert.Equal(("unknown", "probable"), (seen.Status, seen.Reason));
        Assert.Contains("its command line names the session", seen.Raw, StringComparison.Ordinal);
        Model.Release("turn");
        Assert.Equal(0, (await turn.Exit(RealProcess.UsualDeadline)).ExitCode);
        Assert.Equal("done", (await Agentctl.Until(id, "the end", static one => one.IsTerminal))!.Reason);
    }

    /// <summary>The Gemini CLI names a file by the minute. Resumed in another one, it leaves a second file, empty, and writes in the first.</summary>
    private void ChatBecomesOneOfAnotherMinute()
    {
        var chat = Assert.Single(Directory.EnumerateFiles(Path.Combine(Sandbox.Home, ".gemini", "tmp"), "session-*.jsonl", SearchOption.AllDirectories));
        File.Move(chat, Path.Combine(Path.GetDirectoryName(chat)!, $"session-2026-01-01T00-00-{chat[^"9d0cefdc.jsonl".Length..]}"));
    }

    /// <summary>Trap 8: what a server works on, it alone knows; an abort through it is an end that is written down.</summary>
    [Fact]
    public async Task Session_of_an_opencode_server_is_running_as_long_as_the_server_says_so_and_is_ended_through_it()
    {
        var server = Sandbox.Start([Path.Combine(Sandbox.Folder("bin"), "opencode"), "serve", "--port", "4096"]);
        await server.Printed("listening on");
        var id = JsonDocument.Parse((await Http("POST", "/session", "{}")).Output).RootElement.GetProperty("id").GetString()!;
        Assert.Equal(0, (await Http("POST", $"/session/{id}/prompt_async", """{"parts":[{"type":"text","text":"HOLD served"}]}""")).ExitCode);
        await Model.Reached("served");
        var running = (await Agentctl.Until(id, "a running session", static seen => seen.Status == "running"))!;
        Assert.Equal(("opencode-server", true), (running.Owner, running.Alive));
        Assert.Contains("says that it works on it", (await Agentctl.Alone.Run("explain", id)).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Agentctl.Served.Run("stop", id)).ExitCode);
        var aborted = (await Agentctl.Until(id, "the end", static seen => seen.IsTerminal))!;
        Assert.Equal(("stopped", "aborted"), (aborted.Status, aborted.Reason));
        Assert.False(server.HasExited);

        // What is sent while it works comes after that.
        await Http("POST", $"/session/{id}/prompt_async", """{"parts":[{"type":"text","text":"HOLD second"}]}""");
        await Model.Reached("second");
        Assert.Equal(0, (await Agentctl.Served.Run("send", id, "SAY it was heard")).ExitCode);
        Model.Release("second");
        await Eventually.See("the answer", RealProcess.UsualDeadline, () => Agentctl.Served.Quietly("peek", id), static seen => seen.Output.Contains("it was heard", StringComparison.Ordinal));
        await Agentctl.Until(id, "the end", static seen => seen.IsTerminal);

        await Http("POST", $"/session/{id}/prompt_async", """{"parts":[{"type":"text","text":"HOLD third"}]}""");
        await Model.Reached("third");
        Assert.Equal(0, (await Agentctl.Served.Run("cancel", id)).ExitCode);
        await Agentctl.Until(id, "the end", static seen => seen.IsTerminal);

        // A server that is killed leaves its turn unfinished, and nobody works on it.
        await Http("POST", $"/session/{id}/prompt_async", """{"parts":[{"type":"text","text":"HOLD again"}]}""");
        await Model.Reached("again");
        await Agentctl.Until(id, "a running session", static seen => seen.Status == "running");
        await server.Kill();
        Assert.Equal("vanished", (await Agentctl.Until(id, "the end", static seen => seen.IsTerminal))!.Reason);
    }

    private Task<ProcessResult> Http(string method, string path, string body) => Sandbox.Run(
    [
        InstalledAgents.Node, "-e",
        "fetch('http://127.0.0.1:4096' + process.argv[2], { method: process.argv[1], headers: { 'content-type': 'application/json' }, body: process.argv[3] }).then(async r => { console.log(await r.text()); process.exit(r.ok ? 0 : 1); })",
        method, path, body,
    ]);

    /// <summary>Trap 10: Pi makes its file when the first answer is there. Killed before, it leaves nothing, and nothing is listed.</summary>
    [Fact]
    public async Task Pi_that_was_killed_in_its_first_turn_leaves_no_session()
    {
        var turn = Start("pi", "HOLD turn");
        await Model.Reached("turn");
        await turn.Kill();
        Assert.Empty(await Agentctl.Rows());
    }

    private RealProcess Start(string agent, string prompt) => OtherAgents.Start(Sandbox, agent, prompt);
}
