using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary><c>list --watch</c> in a real terminal.</summary>
public sealed class ListWatchTests : BothWays
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Q_ends_it_with_exit_code_0_and_restores_the_terminal(bool withDaemon)
    {
        var agentctl = Agentctl(withDaemon);
        var terminal = await Pty.Start(
            Sandbox,
            ["sh", "-c", $"stty -a > before; \"{AgentctlCli.Program}\" list --watch; echo \"ended with $?\"; stty -a > after; cmp before after && echo same mode; exec sleep 600"],
            agentctl.Variables,
            Sandbox.Folder("work"));
        await terminal.ReadUntil("No sessions found.");
        await terminal.Type("x");
        await terminal.Type("q");
        var screen = await terminal.ReadUntil("same mode");
        Assert.Contains("ended with 0", screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_exit_code_130()
    {
        var agentctl = Agentctl(withDaemon: false);
        var terminal = await Pty.Start(
            Sandbox, ["sh", "-c", $"trap : INT; \"{AgentctlCli.Program}\" list --watch; echo \"ended with $?\"; exec sleep 600"], agentctl.Variables, Sandbox.Folder("work"));
        await terminal.ReadUntil("No sessions found.");
        await terminal.Press("C-c");
        await terminal.ReadUntil("ended with 130");
    }
}
