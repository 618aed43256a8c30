using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>That the agents run in the sandbox and understand the fake model; all else here rests on it.</summary>
public sealed class HarnessTests
{
    [Fact]
    public async Task Claude_says_what_it_is_told()
    {
        await using var sandbox = await Sandbox.Create();
        await FakeModelProcess.Start(sandbox);
        var result = await new ClaudeHome(sandbox).Print("SAY done with it", Guid.NewGuid().ToString()).Exit();
        Assert.Equal((0, "done with it\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Codex_runs_a_tool()
    {
        await using var sandbox = await Sandbox.Create();
        await FakeModelProcess.Start(sandbox);
        var result = await new CodexHome(sandbox).Exec("RUN echo from-the-tool > made-by-codex").Exit();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("from-the-tool\n", await File.ReadAllTextAsync(Path.Combine(sandbox.Work, "made-by-codex")));
    }
}
