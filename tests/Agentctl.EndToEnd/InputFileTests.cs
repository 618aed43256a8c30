using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Files that the user names: what cannot be a text is refused before anything happens.</summary>
public sealed class InputFileTests : BothWays
{
    /// <summary>FILE stands for the path in the value.</summary>
    public static TheoryData<string[]> Commands => new(
        ["exec", "--file", "FILE"], ["prompt", "-f", "FILE", "more"], ["launch", "claude-code", "--spec", "FILE", "-p", "go"],
        ["launch", "claude-code", "--file", "FILE", "-p", "go"], ["launch", "--matrix", "FILE"], ["exec", "--policy", "FILE", "go"]);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task File_that_is_no_text_is_refused(string[] command)
    {
        File.WriteAllBytes(Path.Combine(Sandbox.Home, "binary"), [0x7F, (byte)'E', (byte)'L', (byte)'F', 0xFF, 0]);
        using (var sparse = File.Create(Path.Combine(Sandbox.Home, "sparse")))
        {
            sparse.SetLength(1L << 40);
        }

        foreach (var (file, reason) in new[] { ("/dev/zero", "is a device"), ("/", "is a directory"), ("none", "none"), ("binary", "not valid UTF-8"), ("sparse", "has 1099511627776 bytes") })
        {
            var path = Path.Combine(Sandbox.Home, file);
            var result = await Agentctl(withDaemon: false).Run([.. command.Select(word => word == "FILE" ? path : word)]);

            Assert.Equal(2, result.ExitCode);
            Assert.Contains(path, result.Error, StringComparison.Ordinal);
            Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Path.Combine(Sandbox.AgentctlHome, "launches")));
    }

    [Fact]
    public async Task Standard_input_without_an_end_is_refused()
    {
        var program = AgentctlCli.Program;
        foreach (var command in new[] { "exec", "exec -f -", "launch claude-code -p -", "config set openclaw_token -" })
        {
            var result = await Sandbox.Run(["/bin/sh", "-c", $"'{program}' {command} < /dev/zero"], Agentctl(withDaemon: false).Variables);

            Assert.Equal(2, result.ExitCode);
            Assert.Contains("Standard input has more than", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Process_substitution_is_read()
    {
        var program = AgentctlCli.Program;
        Directory.CreateDirectory(Sandbox.AgentctlHome, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(Sandbox.AgentctlHome, "config.json"), $$"""{"acp_agent":"own","acp_agents":{"own":{"argv":["{{program}}-scripted-agent","acp"]} } }""");

        var result = await Sandbox.Run(["bash", "-c", $"'{program}' exec --format json -f <(sleep 1; echo slow words)"], Agentctl(withDaemon: false).Variables);

        Assert.Equal(0, result.ExitCode);
        var listed = await Agentctl(withDaemon: false).Run("list", "-a", "--json");
        Assert.Contains("\"prompt\": \"slow words\"", listed.Output, StringComparison.Ordinal);
    }
}
