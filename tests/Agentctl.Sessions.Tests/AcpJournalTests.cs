using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class AcpJournalTests : IDisposable
{
    private const int Cap = 64 * 1024;

    private readonly string folder = Directory.CreateTempSubdirectory("acp-").FullName;

    private string JournalPath => Path.Combine(folder, "journal");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Front_that_is_too_long_is_given_up_and_positions_stay_true()
    {
        long position;
        using (var journal = AcpJournal.Open(JournalPath))
        {
            Fill(journal, 100);
            Assert.True(journal.IsOver(Cap));
            position = journal.End;
            journal.KeepWithin(Cap, AcpLeft.NeededFrom(JournalPath));
            Assert.False(journal.IsOver(Cap));
            journal.Append(Prompt("after"), durable: true);
        }

        Assert.Equal("after", Assert.Single(AcpJournal.Read(JournalPath, position)).Entry.Request);
        var kept = AcpJournal.Read(JournalPath, 0).Select(static one => one.Entry.Request).ToList();
        Assert.Equal("after", kept[^1]);
        Assert.InRange(kept.Count, 2, 80);
        Assert.DoesNotContain("1", kept);

        // Whoever opens it next goes on behind the last entry.
        using var again = AcpJournal.Open(JournalPath);
        again.Append(Prompt("next"), durable: true);
        Assert.Equal(["after", "next"], AcpJournal.Read(JournalPath, position).Select(static one => one.Entry.Request));
    }

    [Fact]
    public void Prompt_without_an_end_stays_however_long_that_is()
    {
        using var journal = AcpJournal.Open(JournalPath);
        journal.Append(Prompt("waits"), durable: true);
        Fill(journal, 100);
        journal.KeepWithin(Cap, AcpLeft.NeededFrom(JournalPath));
        Assert.Equal("waits", AcpLeft.Read(JournalPath).Waiting.Single().Request);
    }

    /// <summary>The end of what is given back must not be the beginning of what is needed.</summary>
    [Fact]
    public void Needed_entry_that_begins_at_a_block_stays_whole()
    {
        const int Block = 4096;
        long needed;
        using (var journal = AcpJournal.Open(JournalPath))
        {
            Fill(journal, 100);
            var pad = Prompt("pad") with { Text = "" };
            var length = AcpJournal.SizeOf(pad) + 10;
            var missing = Block - (int)((journal.End + length) % Block);
            journal.Append(pad with { Text = new string('x', missing + 1) }, durable: false);
            needed = journal.End;
            for (var more = 0; needed % Block != 0 && more < 3; more++)
            {
                // The member itself takes a few bytes; what is missing still is one more entry.
                missing = Block - (int)(needed % Block);
                journal.Append(pad with { Text = new string('x', Math.Max(1, missing - AcpJournal.SizeOf(pad with { Text = "x" }) + 1)) }, durable: false);
                needed = journal.End;
            }

            Assert.Equal(0, needed % Block);
            journal.Append(Prompt("needed"), durable: false);
            Fill(journal, 100);
            journal.KeepWithin(Cap, needed);
        }

        Assert.Contains("needed", AcpJournal.Read(JournalPath, 0).Select(static one => one.Entry.Request));
    }

    [Fact]
    public void Followed_journal_reads_only_what_is_new_and_tells_what_is_damaged()
    {
        var followed = new FollowedJournal(JournalPath);
        Assert.Empty(followed.Left().Waiting);
        using (var journal = AcpJournal.Open(JournalPath))
        {
            journal.Append(Prompt("one"), durable: false);
            Assert.Equal(["one"], followed.Left().Waiting.Select(static entry => entry.Request));
            journal.Append(Prompt("two"), durable: false);
            Assert.Equal(["one", "two"], followed.Left().Waiting.Select(static entry => entry.Request));
        }

        Assert.Null(followed.Damage());
        File.AppendAllText(JournalPath, "00000000 {\"kind\":\"end\"}\n");
        using (var journal = new StreamWriter(JournalPath, append: true))
        {
            journal.Write("torn");
        }

        Assert.Contains("1 damaged line", followed.Damage(), StringComparison.Ordinal);
        Assert.Equal(["one", "two"], followed.Left().Waiting.Select(static entry => entry.Request));
    }

    /// <summary>A sum proves who wrote an entry, not what it says.</summary>
    [Theory]
    [InlineData(JournalKinds.Prompt)]
    [InlineData(JournalKinds.Begin)]
    [InlineData(JournalKinds.Ready)]
    [InlineData(JournalKinds.End)]
    [InlineData(JournalKinds.Ask)]
    [InlineData(JournalKinds.Answer)]
    public void Entry_without_what_its_readers_need_is_left_out(string kind)
    {
        using (var journal = AcpJournal.Open(JournalPath))
        {
            journal.Append(new JournalEntry { Kind = kind, At = DateTimeOffset.UnixEpoch }, durable: false);
            journal.Append(new JournalEntry { Kind = kind, At = DateTimeOffset.UnixEpoch, Request = "r", Launch = "../x", Offset = -1 }, durable: false);
            journal.Append(Prompt("whole"), durable: false);
        }

        Assert.Equal("whole", Assert.Single(AcpJournal.Read(JournalPath, 0)).Entry.Request);
        Assert.Equal("whole", Assert.Single(AcpLeft.Read(JournalPath).Waiting).Request);
    }

    private static void Fill(AcpJournal journal, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            journal.Append(Prompt($"{i}") with { Text = new string('x', 2000) }, durable: false);
            journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = $"{i}", Status = "completed" }, durable: false);
        }
    }

    private static JournalEntry Prompt(string request) => new() { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = request };
}
