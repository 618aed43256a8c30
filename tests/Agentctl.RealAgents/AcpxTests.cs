using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>Our agent side, and the scripted agent made of it, driven by a client that we did not write: acpx.</summary>
public sealed class AcpxTests : IAsyncLifetime
{
    private Sandbox sandbox = null!;

    public async ValueTask InitializeAsync() => sandbox = await Sandbox.Create();

    public ValueTask DisposeAsync() => sandbox.DisposeAsync();

    [Theory]
    [InlineData("echo hello; plan; thought hm; tool make test", "hello")]
    [InlineData("split é日😀", "é日😀")]
    [InlineData("permission read cat", "a")]
    public async Task Acpx_understands_the_scripted_agent(string script, string expected)
    {
        var result = await Acpx("--format", "quiet", "exec", script);
        Assert.Equal((0, expected), (result.ExitCode, result.Output.Trim()));
    }

    [Fact]
    public async Task Acpx_keeps_a_conversation_with_it()
    {
        Assert.Equal(0, (await Acpx("sessions", "new")).ExitCode);
        await Acpx("--format", "quiet", "prompt", "echo one");
        var result = await Acpx("--format", "quiet", "prompt", "history");
        Assert.Equal((0, "echo one|history"), (result.ExitCode, result.Output.Trim()));
        await Acpx("sessions", "close");
    }

    private Task<ProcessResult> Acpx(params string[] arguments) => sandbox.Run(
        [InstalledAgents.Node, InstalledAgents.Acpx, "--agent", $"{Path.Combine(AgentctlCli.Folder, "agentctl-scripted-agent")} acp", .. arguments], deadline: TimeSpan.FromSeconds(60));
}
