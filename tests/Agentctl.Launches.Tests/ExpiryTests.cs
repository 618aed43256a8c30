using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class ExpiryTests : IDisposable
{
    private readonly Home home = new();

    [Fact]
    public void W48_content_expires_a_day_after_the_end_and_the_record_after_the_window_of_the_list()
    {
        var now = home.Clock.GetUtcNow();
        var fresh = Ended(now - TimeSpan.FromHours(23));
        var yesterdays = Ended(now - TimeSpan.FromHours(25));
        var old = Ended(now - TimeSpan.FromDays(8));

        var expired = Find();

        Assert.DoesNotContain(expired, one => one.Path == home.Places.Of(fresh.Id));
        Assert.StartsWith("output, prompt", expired.Single(one => one.Path == home.Places.Of(yesterdays.Id)).What, StringComparison.Ordinal);
        Assert.Equal("launch", expired.Single(one => one.Path == home.Places.Of(old.Id)).What);
    }

    [Fact]
    public void Forgetting_the_content_leaves_the_record_and_nothing_secret()
    {
        var record = Ended(home.Clock.GetUtcNow() - TimeSpan.FromHours(25));
        var content = Find().Single(one => one.What.StartsWith("output", StringComparison.Ordinal));

        content.Remove(content.Path);

        var left = home.Store.Find(record.Id)!;
        Assert.Equal((null, null, null, ExitHows.Exited), (left.Record.Prompt, left.Record.Arguments, left.Record.Cwd, left.Exit!.How));
        Assert.DoesNotContain("secret", File.ReadAllText(Path.Combine(home.Places.Of(record.Id), LaunchFiles.Launch)), StringComparison.Ordinal);
        Assert.DoesNotContain(Find(), one => one.Path == content.Path);
    }

    [Fact]
    public void What_a_conversation_said_is_kept_as_long_as_the_conversation_is()
    {
        var record = home.Lay(
            static one => one with { Conversation = "0k3n8v4w2r7p" },
            exit: new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = home.Clock.GetUtcNow() - TimeSpan.FromDays(30) });
        var conversation = Directory.CreateDirectory(Path.Combine(home.Places.Conversations, "0k3n8v4w2r7p"));

        // Its marker means nothing any more, and goes all the same.
        Assert.Equal(["live marker"], Find().Select(static one => one.What));

        conversation.Delete();
        Assert.Contains(Find(), one => one.What == "launch" && one.Path == home.Places.Of(record.Id));
    }

    [Fact]
    public void Half_written_files_expire_in_every_directory_where_records_are_replaced()
    {
        string[] folders =
        [
            home.Path, home.Places.Locks, home.Places.Scopes, home.Places.Cache,
            Path.Combine(home.Places.Conversations, "0k3n8v4w2r7p"), Path.Combine(home.Places.Fuses, "0k3n8v4w2r7q"),
        ];
        var old = home.Clock.GetUtcNow().UtcDateTime - TimeSpan.FromHours(2);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folders[4]).FullName, "session.json"), "{}");
        var files = folders.Select(static folder => Path.Combine(Directory.CreateDirectory(folder).FullName, $".{Guid.NewGuid():n}.tmp")).ToList();
        foreach (var file in files)
        {
            File.WriteAllText(file, "half");
            File.SetLastWriteTimeUtc(file, old);
        }

        Assert.Equal(files.Order(), Find().Where(static one => one.What == "half-written file").Select(static one => one.Path).Order());
    }

    [Fact]
    public void Directory_of_an_acp_session_without_a_record_expires_unless_somebody_holds_it_or_it_holds_anything()
    {
        var old = home.Clock.GetUtcNow().UtcDateTime - TimeSpan.FromHours(2);
        var (empty, fresh, held, full) = (Conversation("0k3n8v4w2r7a"), Conversation("0k3n8v4w2r7b"), Conversation("0k3n8v4w2r7c"), Conversation("0k3n8v4w2r7d"));
        File.WriteAllText(Path.Combine(full, "journal"), "{}");
        using var lease = Lease.TryTake(Path.Combine(held, LaunchFiles.Lease));
        foreach (var folder in new[] { empty, held, full })
        {
            Directory.SetLastWriteTimeUtc(folder, old);
        }

        Directory.SetLastWriteTimeUtc(fresh, home.Clock.GetUtcNow().UtcDateTime);
        var expired = Assert.Single(Find());

        Assert.Equal((empty, "ACP session that was never created"), (expired.Path, expired.What));
        expired.Remove(expired.Path);
        Assert.False(Directory.Exists(empty));
    }

    private string Conversation(string id) => Directory.CreateDirectory(Path.Combine(home.Places.Conversations, id)).FullName;

    [Fact]
    public void What_lives_never_expires_however_old_it_is()
    {
        var record = home.Lay(one => one with { LaunchedAt = Home.Then - TimeSpan.FromDays(400) });
        using var shim = home.Hold(record);
        Assert.Empty(Find());
    }

    [Fact]
    public void Folders_and_markers_of_launchers_that_were_killed_go()
    {
        var folder = Directory.CreateDirectory(home.Places.Of(LaunchId.New())).FullName;
        Directory.CreateDirectory(home.Places.Live);
        var marker = home.Places.LiveMarker(LaunchId.New());
        File.WriteAllBytes(marker, []);

        Assert.Equal(new[] { folder, marker }.Order(), Find().Select(one => one.Path).Order());
    }

    public void Dispose() => home.Dispose();

    private LaunchRecord Ended(DateTimeOffset at)
    {
        var record = home.Lay(exit: new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = at });
        File.Delete(home.Places.LiveMarker(record.Id));
        return record;
    }

    private IReadOnlyList<ExpiredFile> Find() =>
        new LaunchExpiry(home.Store, home.Locks, new DirectoryFuses(home.Places, home.Clock), home.Clock).Find(home.Undertaker.Attend(home.Store.All([]), ProcessTable.Take()));
}
