using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>What agentctl says to input that cannot be served.</summary>
public sealed class BadInputTests : BothWays
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unknown_id_exits_4_and_names_it(bool withDaemon)
    {
        foreach (var command in new[] { "status", "explain", "peek" })
        {
            var result = await Agentctl(withDaemon).Run(command, "nope");
            Assert.Equal(4, result.ExitCode);
            Assert.Contains("nope", result.Error, StringComparison.Ordinal);
            Assert.Empty(result.Output);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ambiguous_prefix_lists_the_candidates(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        string[] ids = ["01a1fbb7-1603-4c00-8f28-e8295f6bd5be", "01a1fbb7-1603-4c00-8f28-e8295f6bd5bf"];
        foreach (var id in ids)
        {
            claude.Transcript(id, "hi");
        }

        var result = await Agentctl(withDaemon).Run("status", "01a1");
        Assert.NotEqual(0, result.ExitCode);
        Assert.All(ids, id => Assert.Contains(id, result.Error, StringComparison.Ordinal));
        Assert.Equal(0, (await Agentctl(withDaemon).Run("status", ids[1])).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Printed_id_always_resolves(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        // Twenty UUIDv7 of one second: they differ only far behind.
        for (var i = 0; i < 20; i++)
        {
            claude.Transcript($"01a1fbb7-1603-7c00-8f28-e8295f6bd{i:000}", "hi");
        }

        var listed = await Agentctl(withDaemon).Run("list", "-a", "-q");
        var printed = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(20, printed.Distinct().Count());
        foreach (var id in printed.Take(3))
        {
            Assert.Equal(0, (await Agentctl(withDaemon).Run("status", id)).ExitCode);
        }
    }

    [Theory]
    [InlineData("list", "--no-such-flag")]
    [InlineData("list", "--adapter", "nope")]
    [InlineData("list", "--status", "nope")]
    [InlineData("status")]
    [InlineData("no-such-command")]
    [InlineData("stop", "--all", "--dry-run")]
    [InlineData("exec", "do it", "--deny-al")]
    [InlineData("resume", "e241", "--bogus")]
    [InlineData("lock", "")]
    [InlineData("fuse", "cancel", "")]
    [InlineData("launch", "codex", "-p", "x", "--cwd", "")]
    [InlineData("worktree", "clean", "", "--merged")]
    [InlineData("self", "install", "--prefix", "")]
    [InlineData("config", "set", "cwd", "")]
    [InlineData("help", "nope")]
    public async Task Wrong_command_line_exits_2_and_says_what_is_wrong(params string[] arguments)
    {
        var result = await Agentctl(withDaemon: false).Run(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Nothing_installed_lists_nothing_and_succeeds()
    {
        foreach (var withDaemon in new[] { false, true })
        {
            var text = await Agentctl(withDaemon).Run("list");
            Assert.Equal((0, ""), (text.ExitCode, text.Error));
            var json = await Agentctl(withDaemon).Run("list", "--json");
            Assert.Equal((0, "[]\n"), (json.ExitCode, json.Output));
        }
    }

    [Theory]
    [InlineData("agentctl list --status=r", "--status=running")]
    [InlineData("agentctl list --sort=", "--sort=age")]
    [InlineData("agentctl list --nonsense=r", "")]
    [InlineData("agentctl -- list", "")]
    public async Task Completion_never_crashes(string line, string expected)
    {
        var result = await Agentctl(withDaemon: false).Run($"[suggest:{line.Length}]", line);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }
}
