using System.Globalization;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;
using Xunit;

namespace Agentctl.Cli.Tests.Legacy;

public sealed class LegacyLeftoversTests : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("agentctl-test-");
    private readonly ProcessEntry self = ProcessTable.Take().Find(System.Environment.ProcessId)!;

    [Fact]
    public void Record_of_a_pid_that_does_not_run_is_a_leftover()
    {
        var path = Write(".claude/agentctl/sessions/pending-4194305.json", """{"pid":4194305}""");
        var found = Assert.Single(Find(out _));
        Assert.Equal((path, "pid 4194305 is not running"), (found.Path, found.Evidence));
    }

    [Fact]
    public void Pid_in_the_name_counts_when_the_record_has_none()
    {
        Write(".pi/agentctl/sessions/pending-4194305.json", "{}");
        Assert.Single(Find(out _));
    }

    [Fact]
    public void Recycled_pid_is_told_by_the_start_time_ps_printed()
    {
        var other = self.StartedAt.AddHours(-3).UtcDateTime.ToString("ddd MMM  d HH:mm:ss yyyy", CultureInfo.InvariantCulture);
        Write(".codex/agentctl/sessions/x.json", $$"""{"pid":{{self.Pid}},"startTime":"{{other}}"}""");
        Assert.Contains("is another process now", Assert.Single(Find(out _)).Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Recycled_pid_is_told_by_the_time_of_a_record_older_than_the_process()
    {
        Write(".codex/agentctl/sessions/x.json", $$"""{"pid":{{self.Pid}},"launchedAt":"{{self.StartedAt.AddHours(-3):O}}"}""");
        Assert.Single(Find(out _));
    }

    [Fact]
    public void Living_process_keeps_its_record()
    {
        var own = self.StartedAt.UtcDateTime.ToString("ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture);
        Write(".codex/agentctl/sessions/x.json", $$"""{"pid":{{self.Pid}},"startTime":"{{own}}"}""");
        Write(".codex/agentctl/sessions/y.json", $$"""{"pid":{{self.Pid}},"launchedAt":"{{self.StartedAt.AddMinutes(1):O}}"}""");
        Assert.Empty(Find(out var problems));
        Assert.Empty(problems);
    }

    [Fact]
    public void Record_that_cannot_be_judged_is_named_and_not_listed()
    {
        Write(".slate/agentctl/sessions/torn.json", """{"pid":""");
        Assert.Empty(Find(out var problems));
        Assert.Contains("torn.json", Assert.Single(problems), StringComparison.Ordinal);
    }

    public void Dispose() => home.Delete(recursive: true);

    private IReadOnlyList<LegacyLeftover> Find(out IReadOnlyList<string> problems) => LegacyLeftovers.Find(
        new AgentEnvironment(home.FullName, new Dictionary<string, string>()), ProcessTable.Take(), TimeZoneInfo.Utc, out problems);

    private string Write(string name, string content)
    {
        var path = Path.Combine(home.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}
