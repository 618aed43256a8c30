using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Native files that cannot be read: named, skipped, and the rest is shown.</summary>
public sealed class BrokenFilesTests : BothWays
{
    private const string Good = "5b1c8f5e-0000-4000-8000-000000000001";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Corrupt_registry_file_is_named_once_and_the_rest_shown(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        claude.Transcript(Good, "the good one");
        var living = Sandbox.Start(["sleep", "600"]);
        Sandbox.HomeFile($".claude/sessions/{living.Pid}.json", "{\"pid\": \0\0 not json");

        var result = await Agentctl(withDaemon).Run("list", "-a", "--json");
        Assert.Contains(Good, result.Output, StringComparison.Ordinal);
        Assert.Equal(1, Count(result.Error, $"{living.Pid}.json"));
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Torn_last_line_is_skipped_in_silence(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        var file = claude.Transcript(Good, "the good one");
        await File.AppendAllTextAsync(file, "{\"type\":\"user\",\"message\":{\"ro");

        var result = await Agentctl(withDaemon).Run("list", "-a", "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("the good one", result.Output, StringComparison.Ordinal);
        var peek = await Agentctl(withDaemon).Run("peek", Good);
        Assert.Equal(0, peek.ExitCode);
        Assert.Contains("answer to the good one", peek.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_without_permission_is_named_and_the_rest_shown()
    {
        var claude = new ClaudeFiles(Sandbox);
        claude.Transcript(Good, "the good one");
        var closed = Path.GetDirectoryName(claude.Transcript("5b1c8f5e-0000-4000-8000-000000000002", "out of reach", "-closed"))!;
        File.SetUnixFileMode(closed, UnixFileMode.None);

        // Root may read everything; without these two capabilities it is a user like any other.
        var agentctl = Agentctl(withDaemon: false);
        var result = await Sandbox.Run(
            [Requirement.Program("setpriv"), "--bounding-set", "-dac_override,-dac_read_search", AgentctlCli.Program, "list", "-a", "--json"],
            agentctl.Variables);
        Assert.Contains(Good, result.Output, StringComparison.Ordinal);
        Assert.Equal(1, Count(result.Error, "-closed"));
        Assert.Equal(0, result.ExitCode);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
