using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>A session's transcript while its turn is in progress.</summary>
public sealed class AcpTranscriptTests : IDisposable
{
    private const string Session = "0k3n8v4w2r7p";
    private const string Launch = "1k3n8v4w2r7p";
    private const string Request = $"{Session}.2k3n8v4w2r7p";

    private readonly string home = Directory.CreateTempSubdirectory("acp-").FullName;
    private readonly AcpJournal journal;

    public AcpTranscriptTests()
    {
        Store.Create(new AcpRecord { Id = Session, Agent = "a", Adapter = "a", Cwd = "/p", Mode = AcpModes.Persistent, CreatedAt = DateTimeOffset.UnixEpoch, SessionId = "s" });
        Directory.CreateDirectory(Path.GetDirectoryName(Store.OutputOf(Launch))!);
        File.WriteAllText(Store.OutputOf(Launch), "");
        journal = AcpJournal.Open(Store.JournalOf(Session));
        Note(new JournalEntry { Kind = JournalKinds.Ready, At = DateTimeOffset.UnixEpoch, Launch = Launch, Offset = 0, SessionId = "s" });
    }

    private AcpStore Store => new(new LaunchPlaces(home));

    public void Dispose()
    {
        journal.Dispose();
        Directory.Delete(home, recursive: true);
    }

    /// <summary>Each entry comes once and whole: text that the agent is still writing is not shown in part and then forgotten.</summary>
    [Fact]
    public async Task Followed_turn_gives_each_entry_once_and_whole()
    {
        using var transcript = new AcpTranscript(Store, Session);
        Begin(Request);
        Says("I look ");
        Assert.Equal(["user: "], await News(transcript));
        Says("first.");
        Does("ls");
        Says("It is ");
        Assert.Equal(["assistant: I look first.", "tool: ls (completed)"], await News(transcript));
        Assert.Empty(await News(transcript));
        Says("empty.");
        Assert.Empty(await News(transcript));
        End(Request);
        Assert.Equal(["assistant: It is empty."], await News(transcript));
        Assert.Equal(["user: ", "assistant: I look first.", "tool: ls (completed)", "assistant: It is empty."], await All(isGrowing: false));
    }

    [Fact]
    public async Task Turn_that_nobody_ends_shows_what_was_said_last()
    {
        Begin(Request);
        Says("half a sen");
        Assert.Equal(["user: "], await All(isGrowing: true));
        Assert.Equal(["user: ", "assistant: half a sen"], await All(isGrowing: false));
        using var transcript = new AcpTranscript(Store, Session);
        Assert.Equal(["user: ", "assistant: half a sen"], await News(transcript, withUnfinished: true));
        Assert.Empty(await News(transcript, withUnfinished: true));
    }

    /// <summary>What was read once is not read again, however long it is: here it is no longer there.</summary>
    [Fact]
    public async Task Followed_transcript_reads_only_what_is_new()
    {
        using var transcript = new AcpTranscript(Store, Session);
        Begin(Request);
        Says("one");
        End(Request);
        Assert.Equal(["user: ", "assistant: one"], await News(transcript));
        foreach (var path in (string[])[Store.JournalOf(Session), Store.OutputOf(Launch)])
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Write(new byte[file.Length - 1].Select(static _ => (byte)'x').ToArray());
        }

        Begin($"{Session}.3k3n8v4w2r7p");
        Says("two");
        End($"{Session}.3k3n8v4w2r7p");
        Assert.Equal(["user: ", "assistant: two"], await News(transcript));
    }

    private void Begin(string request)
    {
        Note(new JournalEntry { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = request });
        Note(new JournalEntry { Kind = JournalKinds.Begin, At = DateTimeOffset.UnixEpoch, Request = request, Launch = Launch, Offset = new FileInfo(Store.OutputOf(Launch)).Length });
    }

    private void End(string request) =>
        Note(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = request, Launch = Launch, Offset = new FileInfo(Store.OutputOf(Launch)).Length, Status = "completed" });

    private void Note(JournalEntry entry) => journal.Append(entry, durable: false);

    private void Says(string text) => Writes($$"""{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"{{text}}"} }""");

    private void Does(string title) => Writes($$"""{"sessionUpdate":"tool_call_update","toolCallId":"c","title":"{{title}}","status":"completed"}""");

    private void Writes(string update) =>
        File.AppendAllText(Store.OutputOf(Launch), $$"""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{{update}} } }""" + "\n");

    private static async Task<List<string>> News(AcpTranscript transcript, bool withUnfinished = false) => await Texts(transcript.News(new TranscriptRange(), withUnfinished));

    private Task<List<string>> All(bool isGrowing) => Texts(AcpTranscript.Read(Store, Session, new TranscriptRange(), isGrowing));

    private static async Task<List<string>> Texts(IAsyncEnumerable<TranscriptEntry> entries)
    {
        var texts = new List<string>();
        await foreach (var entry in entries)
        {
            texts.Add($"{entry.Role}: {entry.Text}");
        }

        return texts;
    }
}
