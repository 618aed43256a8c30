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

    /// <summary>Each of these once hid every session of Claude Code.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damaged_records_cost_themselves_and_every_row_is_the_same_in_list_and_status(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        claude.Transcript(Good, "the good one");
        var damaged = Enumerable.Range(2, 5).Select(static number => $"5b1c8f5e-0000-4000-8000-00000000000{number}").ToArray();
        var files = damaged.Select(id => claude.Transcript(id, "a damaged one")).ToArray();
        var whole = await File.ReadAllBytesAsync(files[0]);
        await File.WriteAllBytesAsync(files[0], [.. whole[..^1], .. new byte[9000], (byte)'\n']);
        await File.WriteAllBytesAsync(files[1], [.. (await File.ReadAllBytesAsync(files[1])).Where(static value => value != (byte)'\n'), (byte)'\n']);
        await File.WriteAllTextAsync(files[2], (await File.ReadAllTextAsync(files[2])).Replace("a damaged one", "a damag\u00e9d one", StringComparison.Ordinal), System.Text.Encoding.Latin1);
        await File.WriteAllBytesAsync(files[3], [0xEF, 0xBB, 0xBF, .. await File.ReadAllBytesAsync(files[3])]);
        await File.WriteAllTextAsync(files[4], "{\"type\":\"user\",\"mess\n" + await File.ReadAllTextAsync(files[4]));

        var agentctl = Agentctl(withDaemon);
        var list = await agentctl.Run("list", "-a", "--json");

        Assert.Equal(0, list.ExitCode);
        using var rows = System.Text.Json.JsonDocument.Parse(list.Output);
        Assert.Equal([Good, .. damaged], rows.RootElement.EnumerateArray().Select(static row => row.GetProperty("id").GetString()!).Order(StringComparer.Ordinal));
        foreach (var row in rows.RootElement.EnumerateArray())
        {
            var status = await agentctl.Run("status", row.GetProperty("id").GetString()!, "--json");
            using var one = System.Text.Json.JsonDocument.Parse(status.Output);
            Assert.True(System.Text.Json.JsonElement.DeepEquals(row, one.RootElement), $"list: {row}\nstatus: {one.RootElement}");
            Assert.StartsWith(row.GetProperty("id").GetString() == damaged[2] ? "a damag\ufffdd one" : row.GetProperty("id").GetString() == Good ? "the good one" : "a damaged one", row.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(1, Count(list.Error, $"{damaged[4]}.jsonl, line 1: it ends in the middle"));
        Assert.Contains($"{damaged[4]}.jsonl, line 1: ", (await agentctl.Run("doctor")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_without_any_readable_record_could_not_be_looked_at(bool withDaemon)
    {
        var claude = new ClaudeFiles(Sandbox);
        claude.Transcript(Good, "the good one");
        var bad = "5b1c8f5e-0000-4000-8000-000000000002";
        await File.WriteAllTextAsync(claude.Transcript(bad, "gone"), "not json\n");

        var agentctl = Agentctl(withDaemon);
        var status = await agentctl.Run("status", bad);

        Assert.Equal(6, status.ExitCode);
        Assert.Contains($"{bad}.jsonl, line 1: ", status.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await agentctl.Run("status", Good)).ExitCode);
        Assert.Contains(Good, (await agentctl.Run("list", "-a", "--json")).Output, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
