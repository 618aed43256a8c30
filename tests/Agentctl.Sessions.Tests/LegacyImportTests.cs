using System.Text.Json;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class LegacyImportTests : IAsyncDisposable
{
    private readonly ServiceFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Theory]
    [InlineData("\"not a url\"", "not a url")]
    [InlineData("\"file:///etc/passwd\"", "file:///etc/passwd")]
    [InlineData("\"http://[::1\"", "http://[::1")]
    [InlineData("\"\"", "")]
    public async Task Fuse_with_an_invalid_webhook_is_kept_and_named(string webhook, string named)
    {
        var service = await Import("fuses.json", $$$"""[{"directory":"/w","ttlMs":600000,"expiresAt":"2026-11-21T13:00:00Z","onExpire":{"webhook":{{{webhook}}}}}]""");

        Assert.Contains($"the webhook of the fuse on /w will not be called: '{named}' is not an http or https address.", lines);
        var fuses = JsonSerializer.Deserialize((await service.Fuses(TestContext.Current.CancellationToken)).Body.Span, ApiJson.Default.FusesDocument)!;
        Assert.Equal("/w", Assert.Single(fuses.Fuses).Directory);
        Assert.Contains(named, Assert.Single(fuses.Problems), StringComparison.Ordinal);
    }

    /// <summary>Text that no .NET string holds, paths that no file system has, types that nobody expects.</summary>
    [Theory]
    [InlineData("fuses.json", """{"directory":"\ud800","expiresAt":"2026-11-21T13:00:00Z"}""")]
    [InlineData("fuses.json", """{"directory":"/a\u0000b","expiresAt":"2026-11-21T13:00:00Z"}""")]
    [InlineData("fuses.json", """{"directory":"/a","expiresAt":"2026-11-21T13:00:00Z","ttlMs":1e308,"onExpire":[]}""")]
    [InlineData("locks.json", """{"type":"manual","directory":"\udc00"}""")]
    [InlineData("locks.json", """{"type":"manual","directory":""}""")]
    [InlineData("locks.json", """{"type":"manual","directory":"/tmp","lockedBy":"\ud800"}""")]
    public async Task Damaged_entry_costs_that_entry(string file, string entry)
    {
        var service = await Import(file, $$"""[{{entry}},{"directory":"/tmp","type":"manual","lockedBy":"ann","expiresAt":"2026-11-21T13:00:00Z"}]""");

        var (fuses, locks) = (await service.Fuses(TestContext.Current.CancellationToken), await service.Locks(TestContext.Current.CancellationToken));
        Assert.Contains(
            "/tmp",
            file == "fuses.json"
                ? JsonSerializer.Deserialize(fuses.Body.Span, ApiJson.Default.FusesDocument)!.Fuses.Select(static fuse => fuse.Directory)
                : JsonSerializer.Deserialize(locks.Body.Span, ApiJson.Default.LocksDocument)!.Locks.Select(static held => held.Directory));
    }

    /// <summary>It ended the daemon at every start.</summary>
    [Fact]
    public async Task File_that_cannot_be_read_is_read_by_the_next_daemon_and_the_other_one_is_not_read_twice()
    {
        Directory.CreateDirectory(fixture.AgentctlHome);
        var fuses = Path.Combine(fixture.AgentctlHome, "fuses.json");
        using (var tooLarge = File.Create(fuses))
        {
            tooLarge.SetLength((16 << 20) + 1);
        }

        var service = await Import("locks.json", """[{"directory":"/tmp","type":"manual","lockedBy":"ann"}]""");

        Assert.Contains(lines, line => line.StartsWith($"{fuses} could not be read; the next start of the daemon tries again:", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(fixture.AgentctlHome, "imported")));
        Assert.True((await service.ReleaseLock("/tmp", TestContext.Current.CancellationToken)).IsOk);

        await File.WriteAllTextAsync(fuses, """[{"directory":"/w","ttlMs":600000,"expiresAt":"2026-11-21T13:00:00Z"}]""", TestContext.Current.CancellationToken);
        lines = await service.ImportLegacy(TestContext.Current.CancellationToken);

        Assert.Contains(lines, static line => line.StartsWith("took over the fuse on /w", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("lock", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(fixture.AgentctlHome, "imported")));
        Assert.Empty(JsonSerializer.Deserialize((await service.Locks(TestContext.Current.CancellationToken)).Body.Span, ApiJson.Default.LocksDocument)!.Locks);
    }

    private IReadOnlyList<string> lines = [];

    private async Task<SessionService> Import(string file, string json)
    {
        Directory.CreateDirectory(fixture.AgentctlHome);
        await File.WriteAllTextAsync(Path.Combine(fixture.AgentctlHome, file), json);
        var service = fixture.Start(watching: true);
        lines = await service.ImportLegacy(TestContext.Current.CancellationToken);
        return service;
    }
}
