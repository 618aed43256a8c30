using System.Text.RegularExpressions;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Architecture.Tests;

/// <summary>docs/migration.md says at its top what stands below.</summary>
public sealed partial class MigrationPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "migration.md"));

    [Theory]
    [InlineData("Commands")]
    [InlineData("Flags")]
    [InlineData("Files")]
    [InlineData("Variables")]
    public void Summary_counts_the_lines_of_its_section(string section)
    {
        var summary = Regex.Match(Page, $@"^\| {section} \|(?: (\d+) \|)+$", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        var lines = Page.Split($"\n## {section}\n")[1].Split("\n## ")[0];
        var counted = Fate().Matches(lines).GroupBy(match => match.Groups["fate"].Value).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(
            ((string[])["kept", "changed", "gone", "later"]).Select(fate => counted.GetValueOrDefault(fate)),
            summary.Groups[1].Captures.Select(capture => int.Parse(capture.Value, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Every_command_of_this_program_that_the_node_tool_had_stands_in_it() =>
        Assert.All(
            (string[])["list", "status", "peek", "logs", "stop", "resume", "launch", "events", "worktree list", "worktree clean", "lock", "unlock", "locks", "fuses", "prune", "daemon start", "daemon install", "agent-ctl"],
            command => Assert.Contains($"`{command}", Page.Split("\n## Commands\n")[1].Split("\n## ")[0], StringComparison.Ordinal));

    [GeneratedRegex(@"^\|[^|]+\| (?<fate>kept|changed|gone|later) \|", RegexOptions.Multiline)]
    private static partial Regex Fate();
}
