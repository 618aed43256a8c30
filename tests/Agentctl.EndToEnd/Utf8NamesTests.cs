using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Directories whose names are Latin-1.</summary>
public sealed class Utf8NamesTests : BothWays
{
    [Theory]
    [InlineData("launch mine -p hi --cwd \"$dir\"")]
    [InlineData("launch mine -p hi --cwd=\"$dir\"")]
    [InlineData("lock \"$dir\"")]
    [InlineData("exec -a codex --cwd \"$dir\" hi")]
    [InlineData("worktree list \"$dir\"")]
    [InlineData("launch mine -p hi --worktree \"$dir\" --branch b")]
    [InlineData("launch mine -p hi", true)]
    [InlineData("lock .", true)]
    public async Task Name_that_is_not_UTF_8_is_refused_readably(string command, bool isCurrent = false)
    {
        Sandbox.HomeFile(".agentctl/config.json", """{ "agents": { "mine": { "launch": ["/bin/sh", "-c", "touch $HOME/ran", "{prompt}"], "stdin": "none" } } }""");
        var script = $"dir=$(printf '{Sandbox.Work}/caf\\351'); mkdir -p \"$dir\"; cd \"{(isCurrent ? "$dir" : Sandbox.Work)}\"; \"{AgentctlCli.Program}\" {command}; code=$?; cd /; rm -rf \"$dir\"; exit $code";

        var result = await Sandbox.Run(["sh", "-c", script], Agentctl(withDaemon: false).Variables);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(@"caf\xE9 is not valid UTF-8", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Sandbox.Home, "ran")));
    }

    [Fact]
    public async Task Name_in_UTF_8_works_and_a_list_works_anywhere()
    {
        var agentctl = Agentctl(withDaemon: false);
        var script = $"dir=$(printf '{Sandbox.Work}/caf\\351'); mkdir -p \"$dir\" '{Sandbox.Work}/café'; cd \"$dir\"; \"{AgentctlCli.Program}\" list && \"{AgentctlCli.Program}\" lock '{Sandbox.Work}/café'; code=$?; cd /; rm -rf \"$dir\"; exit $code";
        Assert.Equal(0, (await Sandbox.Run(["sh", "-c", script], agentctl.Variables)).ExitCode);
    }
}
