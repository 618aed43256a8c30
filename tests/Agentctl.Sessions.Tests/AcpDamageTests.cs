using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>One ACP session that cannot be driven or removed costs that session alone.</summary>
public sealed class AcpDamageTests : IAsyncDisposable
{
    private const string Damaged = "0k3n8v4w2r7p";
    private const string Whole = "1k3n8v4w2r7p";

    private readonly ServiceFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    private AcpStore Store => new(new LaunchPlaces(fixture.AgentctlHome));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("torn record")]
    [InlineData("no record")]
    [InlineData("directory in place of the record")]
    [InlineData("directory in place of the journal")]
    [InlineData("directory in place of the lease")]
    public async Task Damaged_session_is_left_alone_and_the_others_are_adopted(string damage)
    {
        Make(Damaged);
        Make(Whole);
        var folder = Store.FolderOf(Damaged);
        switch (damage)
        {
            case "torn record":
                File.WriteAllText(Path.Combine(folder, "session.json"), "{ torn");
                break;
            case "no record":
                File.Delete(Path.Combine(folder, "session.json"));
                break;
            case var other:
                var name = other.Split(' ')[^1] is "record" ? "session.json" : other.Split(' ')[^1];
                File.Delete(Path.Combine(folder, name));
                Directory.CreateDirectory(Path.Combine(folder, name));
                break;
        }

        var told = new List<string>();
        Assert.Equal(1, fixture.Start(watching: true).AdoptConversations(told.Add));
        if (damage != "no record")
        {
            Assert.Contains(told, static line => line.Contains(Damaged, StringComparison.Ordinal));
        }

        await Agentctl.Testing.Eventually.True("the other session to be looked after", TimeSpan.FromSeconds(30), () => !Store.IsLive(Whole));
    }

    /// <summary>Else it would look like a session that another process drives, for as long as this one lives.</summary>
    [Fact]
    public void Session_that_cannot_be_opened_is_not_held()
    {
        Make(Damaged);
        Directory.CreateDirectory(Store.JournalOf(Damaged));
        Assert.Equal(0, fixture.Start(watching: true).AdoptConversations(static _ => { }));
        Assert.False(Lease.IsHeld(Store.LeaseOf(Damaged)));
    }

    [Fact]
    public async Task Folder_that_cannot_be_removed_is_named_and_the_other_sessions_are_removed()
    {
        Make(Damaged, closed: true);
        Make(Whole, closed: true);
        Directory.CreateDirectory(Path.Combine([Store.FolderOf(Damaged), .. Enumerable.Repeat("d", 60)]));
        var pruned = await Prune();
        Assert.Contains(Damaged, Assert.Single(pruned.Problems), StringComparison.Ordinal);
        Assert.Null(Store.Find(Whole));
    }

    [Fact]
    public async Task Link_to_nothing_in_a_folder_keeps_no_session()
    {
        Make(Damaged, closed: true);
        File.CreateSymbolicLink(Path.Combine(Store.FolderOf(Damaged), "link"), "/nowhere");
        var pruned = await Prune();
        Assert.Empty(pruned.Problems);
        Assert.Single(pruned.Items);
        Assert.False(Directory.Exists(Store.FolderOf(Damaged)));
    }

    /// <summary>The process that drove it has left without having seen that it is replaced.</summary>
    [Fact]
    public async Task Replaced_session_is_closed_when_its_driver_has_left()
    {
        var folder = Directory.CreateDirectory(Path.Combine(fixture.AgentctlHome, "..", "project")).FullName;
        Make(Whole, cwd: RealPath.TryResolve(folder)!);
        var service = fixture.Start(watching: true);
        using (Lease.TryTake(Store.LeaseOf(Whole)))
        {
            // Its agent is not installed, so there is no new session in the end.
            Assert.Equal(502, (await service.NewAcpSession(new AcpSessionOrder { Agent = "codex", Cwd = folder }, Stop)).Status);
            Assert.True(Store.IsWantedClosed(Whole));
        }

        await Agentctl.Testing.Eventually.True("the session to be closed", TimeSpan.FromSeconds(30), () => fixture.AfterRest(() => Store.Find(Whole) is { Closed: true }));
    }

    [Fact]
    public async Task List_changes_nothing()
    {
        Make(Whole);
        Make(Damaged, closed: true);
        var before = Snapshot();
        var service = fixture.Start(watching: true);
        Assert.True((await service.AcpSessions(all: true, Stop)).IsOk);
        Assert.True((await service.AcpSessions(all: false, Stop)).IsOk);
        Assert.Equal(before, Snapshot());
        Assert.True(Store.IsLive(Whole));
    }

    private List<string> Snapshot() =>
    [
        .. Directory.EnumerateFileSystemEntries(fixture.AgentctlHome, "acp*", SearchOption.TopDirectoryOnly)
            .SelectMany(static path => Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(static path => $"{path} {File.GetLastWriteTimeUtc(path):O} {File.ReadAllText(path)}"),
    ];

    private async Task<PruneDocument> Prune()
    {
        var reply = await fixture.Start(watching: true).PruneAcp(new AcpPruneOrder(), Stop);
        Assert.Equal(200, reply.Status);
        return JsonSerializer.Deserialize(reply.Whole().Span, ApiJson.Default.PruneDocument)!;
    }

    private void Make(string id, bool closed = false, string cwd = "/p")
    {
        PrivateDirectory.Ensure(fixture.AgentctlHome);
        Store.Create(new AcpRecord { Id = id, Agent = "codex", Adapter = "codex", Cwd = cwd, Mode = AcpModes.Persistent, CreatedAt = DateTimeOffset.UnixEpoch, Closed = closed, ClosedAt = closed ? DateTimeOffset.UnixEpoch : null });
        if (!closed)
        {
            Store.MarkLive(id);
        }
    }
}
