using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>The published executables themselves.</summary>
[Trait("Build", "Published")]
public sealed class PublishedTests : BothWays
{
    /// <summary>The YAML reader of matrix files and its regular expressions are one of them (docs/decisions/0014).</summary>
    private const long LimitBytes = 15 * 1024 * 1024;

    [Fact]
    public void Agentctl_stays_below_15_megabytes()
    {
        var size = new FileInfo(AgentctlCli.Program).Length;
        Assert.True(size <= LimitBytes, $"agentctl has {size / 1024.0 / 1024.0:0.0} MB");
    }

    [Fact]
    public async Task Version_names_version_commit_framework_and_kind_of_build()
    {
        var result = await Agentctl(withDaemon: false).Run("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^agentctl \d+\.\d+\.\d+ \(commit [0-9a-f]+(-dirty)?, \.NET \d+\.\d+\.\d+, .*(native|ready-to-run)", result.Output);
    }
}
