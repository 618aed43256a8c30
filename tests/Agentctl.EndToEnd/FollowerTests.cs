using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Commands that follow something outlive the daemon that they follow it at.</summary>
public sealed class FollowerTests : BothWays
{
    private const string Id = "01a1fbb7-1603-4c00-8f28-e8295f6bd5be";

    [Theory]
    [InlineData("stop")]
    [InlineData("kill")]
    public async Task Views_go_on_when_the_daemon_ends(string how)
    {
        var claude = new ClaudeFiles(Sandbox);
        var transcript = claude.Transcript(Id, "first question");
        var agentctl = Agentctl(withDaemon: true);
        await agentctl.Run("list");
        var watch = agentctl.Start("list", "-a", "--watch");
        var events = agentctl.Start("events");
        var logs = agentctl.Start("logs", Id[..8], "-f");
        await watch.Printed("first question");
        await events.Printed("\"snapshot\"");
        await logs.Printed("answer to first question");

        if (how == "stop")
        {
            Assert.Equal(0, (await agentctl.Run("daemon", "stop")).ExitCode);
        }
        else
        {
            await Signals.Send("KILL", Assert.Single(Sandbox.Living(), static process => process.Comm == "agentctld"));
        }

        await Eventually.True("a second snapshot", RealProcess.UsualDeadline, () => events.Output.Split("\"type\":\"snapshot\"").Length > 2);
        claude.Append(transcript, Id, "second question");
        claude.Transcript("02a1fbb7-1603-4c00-8f28-e8295f6bd5be", "another session");
        await logs.Printed("second question");
        await watch.Printed("another session");
        Assert.Equal(1, logs.Output.Split("answer to first question").Length - 1);
        foreach (var view in new[] { watch, events, logs })
        {
            Assert.False(view.HasExited, view.Title);
            Assert.Equal(130, (await view.Interrupt()).ExitCode);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resume_with_wait_prints_only_what_is_new(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        var transcript = claude.Transcript(Id, "old question");
        var script = Path.Combine(Sandbox.Folder("bin"), "claude");
        var record = """{"type":"assistant","sessionId":"ID","uuid":"n2","timestamp":"TIME","message":{"id":"m2","role":"assistant","model":"m","content":[{"type":"text","text":"the new answer"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}}"""
            .Replace("ID", Id, StringComparison.Ordinal);
        await File.WriteAllTextAsync(script, $$"""
            #!/bin/sh
            cat > /dev/null
            now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
            printf '%s\n' '{{record}}' | sed "s/TIME/$now/" >> '{{transcript}}'
            echo '{"type":"system","subtype":"init","session_id":"{{Id}}"}'
            echo '{"type":"result","subtype":"success","is_error":false,"result":"the new answer","session_id":"{{Id}}"}'
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var agentctl = Agentctl(withDaemon);
        agentctl.Variables["PATH"] = $"{Path.GetDirectoryName(script)}:{Environment.GetEnvironmentVariable("PATH")}";

        var resumed = await agentctl.Run("resume", Id[..8], "go on", "--wait", "--cwd", Sandbox.Work);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Contains("the new answer", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("old question", resumed.Output, StringComparison.Ordinal);
    }
}
