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
