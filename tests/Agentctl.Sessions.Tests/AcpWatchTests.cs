using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>A session as a stream, whatever its agent wrote.</summary>
public sealed class AcpWatchTests : IDisposable
{
    private const string Session = "0k3n8v4w2r7p";
    private const string Launch = "1k3n8v4w2r7p";
    private const string Request = $"{Session}.2k3n8v4w2r7p";

    private readonly string home = Directory.CreateTempSubdirectory("acp-").FullName;

    public AcpWatchTests()
    {
        Store.Create(new AcpRecord { Id = Session, Agent = "a", Adapter = "a", Cwd = "/p", Mode = AcpModes.Persistent, CreatedAt = DateTimeOffset.UnixEpoch, SessionId = "s" });
        Directory.CreateDirectory(Path.GetDirectoryName(Store.OutputOf(Launch))!);
    }

    private AcpStore Store => new(new LaunchPlaces(home));

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Updates_of_another_session_are_not_this_ones_answer()
    {
        var (events, result) = await Turn("completed", Chunk("mine "), Chunk("theirs", session: "other"), Chunk("mine too"), Tool("t", session: "other"), Chunk("theirs", session: "other"));
        Assert.Equal(2, events.Count(static one => one.Type == "message"));
        Assert.Equal("mine mine too", result.Text);
        Assert.Contains("another session", Assert.Single(events, static one => one.Type == "notice").Text, StringComparison.Ordinal);
        Assert.Equal("mine mine too", Assert.Single(new AcpHistory(Store, Session).Entries(), static entry => entry.Role == "assistant").Text);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_repaired()
    {
        var (events, result) = await Turn("completed", [.. "{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{\"sessionId\":\"s\",\"update\":{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"caf"u8, 0xE9, .. "\"}}}}"u8]);
        Assert.Single(events, static one => one.Type == "message");
        Assert.Equal("caf\uFFFD", result.Text);
        Assert.Equal("caf\uFFFD", Assert.Single(new AcpHistory(Store, Session).Entries(), static entry => entry.Role == "assistant").Text);
    }

    [Fact]
    public async Task Message_that_is_too_long_is_left_out_by_name_and_the_rest_comes()
    {
        var (events, result) = await Turn("completed", Chunk("before"), Encoding.ASCII.GetBytes(new string('x', AcpLimits.LongestMessageBytes + 1)), Chunk(new string('y', 300_000)), Chunk("after"));
        Assert.Equal(3, events.Count(static one => one.Type == "message"));
        Assert.Contains("more than 16 MiB", Assert.Single(events, static one => one.Type == "notice").Text, StringComparison.Ordinal);
        Assert.Equal(300_000 + "beforeafter".Length, result.Text!.Length);
    }

    [Fact]
    public async Task Answer_is_kept_up_to_its_limit()
    {
        var megabyte = new string('z', 1 << 20);
        var (events, result) = await Turn("failed", [.. Enumerable.Range(0, 17).Select(_ => Chunk(megabyte))]);
        Assert.Equal(17, events.Count(static one => one.Type == "message"));
        Assert.StartsWith(new string('z', AcpLimits.KeptAnswer) + $"\n[agentctl] {(17 << 20) - AcpLimits.KeptAnswer} more characters of this answer are in {Store.OutputOf(Launch)}", result.Text, StringComparison.Ordinal);
        Assert.Equal(result.Text, new AcpHistory(Store, Session).Result(Request)!.Text);
    }

    /// <summary>Whatever bytes stand in an agent's output, the stream is JSON, ends with the result, and the history can be read.</summary>
    [Fact]
    public async Task No_bytes_of_an_agent_break_the_stream_or_the_history()
    {
        var random = new Random(20261130);
        var lines = new List<byte[]>();
        for (var i = 0; i < 2000; i++)
        {
            var line = (random.Next(3) switch { 0 => Tool("title"), 1 => Chunk("text", session: "s\ud83d"), _ => Chunk("text \ud83d\ude00 é") }).ToList();
            for (var times = random.Next(0, 4); times > 0; times--)
            {
                var at = random.Next(line.Count);
                switch (random.Next(5))
                {
                    case 0:
                        line[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        line.RemoveRange(at, Math.Min(line.Count - at, random.Next(1, 30)));
                        break;
                    case 2:
                        line.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(3) switch { 0 => "\\ud800", 1 => new string('[', 700), _ => "\0\n" }));
                        break;
                    case 3:
                        line.InsertRange(at, line.GetRange(0, at));
                        break;
                    default:
                        line.InsertRange(0, [0xEF, 0xBB, 0xBF]);
                        break;
                }

                line = line.Count == 0 ? [(byte)'{'] : line;
            }

            lines.Add([.. line]);
        }

        var (events, result) = await Turn("completed", [.. lines]);
        Assert.InRange(events.Count(static one => one.Type == "message"), 300, 4000);
        Assert.NotEmpty(result.Text!);
        Assert.NotEmpty(new AcpHistory(Store, Session).Entries());
    }

    /// <summary>A turn that is cut off by its time limit is told at once, however much its agent wrote and goes on to write.</summary>
    [Fact]
    public async Task End_of_a_turn_is_told_while_its_agent_floods()
    {
        const long MostBytes = 1L << 30;
        using var stop = new CancellationTokenSource();
        var output = Store.OutputOf(Launch);
        var line = Line(Chunk(new string('f', 200)));
        File.WriteAllText(output, "");
        using var journal = AcpJournal.Open(Store.JournalOf(Session));
        Begin(journal);
        var flood = Task.Run(
            async () =>
            {
                await using var file = new FileStream(output, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
                var block = Enumerable.Repeat(line, 500).SelectMany(static one => one).ToArray();
                while (!stop.IsCancellationRequested && file.Length < MostBytes)
                {
                    await file.WriteAsync(block);
                    await file.FlushAsync();
                }
            },
            CancellationToken.None);
        var types = new List<string>();
        await foreach (var part in Watch().Read(Request, static () => false, static () => false, TestContext.Current.CancellationToken))
        {
            types.AddRange(Events(part).Select(static one => one.Type));
            if (types.Count(static type => type == "message") > 5000 && AcpLeft.Read(Store.JournalOf(Session)).Begun is not null)
            {
                journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = Request, Launch = Launch, Offset = new FileInfo(output).Length, Status = "timed-out" }, durable: false);
            }
        }

        // The end came from the journal, not from the end of the output. On a busy machine the agent may have written all of it by now.
        Assert.Equal("result", types[^1]);
        Assert.InRange(types.Count(static type => type == "message") * (long)line.Length, 5000, MostBytes / 2);
        await stop.CancelAsync();
        await flood;
    }

    /// <summary>Four times as many prompts take about four times as long: no result reads the journal again.</summary>
    [Fact]
    public async Task Time_of_a_watch_grows_with_the_number_of_prompts_and_no_faster()
    {
        const int Few = 500;
        var shortJournal = WritePrompts(Few);
        _ = await Measure(shortJournal, Few);
        var few = await Measure(shortJournal, Few);
        var many = await Measure(WritePrompts(4 * Few), 4 * Few);
        Assert.True(many < few * 6, $"{Few} prompts took {few.TotalMilliseconds:0} ms, {4 * Few} took {many.TotalMilliseconds:0} ms");

        async Task<TimeSpan> Measure(string last, int prompts)
        {
            var best = TimeSpan.MaxValue;
            for (var times = 0; times < 3; times++)
            {
                var began = TimeProvider.System.GetTimestamp();
                var answers = new List<string?>();
                await foreach (var part in Watch().Read(last, static () => true, static () => false, TestContext.Current.CancellationToken))
                {
                    answers.AddRange(Events(part).Where(static one => one.Type == "result").Select(static one => one.Result!.Text));
                }

                var took = TimeProvider.System.GetElapsedTime(began);
                best = took < best ? took : best;
                Assert.Equal(Enumerable.Range(0, prompts).Select(static i => $"answer {i}"), answers);
            }

            return best;
        }
    }

    /// <summary>A prompt says nothing about the output: what the agent writes for it is not shown, or counted, before it begins.</summary>
    [Fact]
    public async Task Output_of_a_turn_comes_after_its_beginning_also_in_a_replay()
    {
        WritePrompts(3);
        var events = new List<AcpEvent>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await foreach (var part in Watch().Read(null, static () => true, static () => false, enough.Token))
        {
            events.AddRange(Events(part));
            if (events.Count(static one => one.Type == "result") == 3)
            {
                break;
            }
        }

        Assert.Equal(["ready", .. Enumerable.Repeat<string[]>(["accepted", "started", "message", "result"], 3).SelectMany(static one => one)], events.Select(static one => one.Type));
    }

    /// <summary>Also what stands before the cursor counts: that the prompt is there, when it began and in which session.</summary>
    [Theory]
    [InlineData(JournalKinds.Begin)]
    [InlineData(JournalKinds.End)]
    public async Task Watch_that_begins_at_a_cursor_inside_a_turn_gives_the_whole_result(string kind)
    {
        var last = WritePrompts(3);
        var output = kind == JournalKinds.Begin ? (null, 0) : (Launch, new FileInfo(Store.OutputOf(Launch)).Length);
        var watch = Watch();
        watch.GoTo(new AcpHistory(Store, Session).PlaceOf(last, kind)!.Value, output.Item1, output.Item2);
        AcpEvent? result = null;
        await foreach (var part in watch.Read(last, static () => true, static () => false, TestContext.Current.CancellationToken))
        {
            result = Events(part).Last();
        }

        Assert.Equal(("result", "completed", "answer 2"), (result!.Type, result.Result!.Status, result.Result.Text));
    }

    /// <summary>Entries of other prompts cost a reading each, not a description of the session or a look at the whole journal.</summary>
    [Fact]
    public async Task Waiting_for_the_end_of_a_prompt_reads_each_entry_once()
    {
        WritePrompts(20_000);
        var signal = new ChangeSignal();
        using var news = new ConversationNews(Store, Session, signal, static () => true, TimeProvider.System);
        using var journal = AcpJournal.Open(Store.JournalOf(Session));
        var began = TimeProvider.System.GetTimestamp();
        var end = Task.Run(() => PromptEnd.Wait(Store.JournalOf(Session), Request, 0, news, static () => false, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = Request, Status = "completed" }, durable: false);
        signal.Raise();
        Assert.True(await end);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Waiting_for_the_end_of_a_prompt_ends_when_nobody_drives_the_session()
    {
        WritePrompts(3);
        using var news = new ConversationNews(Store, Session, new ChangeSignal(), static () => false, TimeProvider.System);
        Assert.False(await PromptEnd.Wait(Store.JournalOf(Session), Request, 0, news, static () => true, TestContext.Current.CancellationToken));
    }

    /// <summary>Prompts that have all ended; what the name of the last one is.</summary>
    private string WritePrompts(int count)
    {
        File.Delete(Store.JournalOf(Session));
        using var journal = AcpJournal.Open(Store.JournalOf(Session));
        using var output = File.Create(Store.OutputOf(Launch));
        journal.Append(new JournalEntry { Kind = JournalKinds.Ready, At = DateTimeOffset.UnixEpoch, Launch = Launch, Offset = 0, SessionId = "s" }, durable: false);
        var request = "";
        for (var i = 0; i < count; i++)
        {
            request = $"{Session}.{i:d12}";
            journal.Append(new JournalEntry { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = request }, durable: false);
            journal.Append(new JournalEntry { Kind = JournalKinds.Begin, At = DateTimeOffset.UnixEpoch, Request = request, Launch = Launch, Offset = output.Position }, durable: false);
            output.Write(Line(Chunk($"answer {i}")));
            journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = request, Launch = Launch, Offset = output.Position, Status = "completed" }, durable: false);
        }

        return request;
    }

    private async Task<(IReadOnlyList<AcpEvent> Events, PromptResultDocument Result)> Turn(string status, params IReadOnlyList<byte[]> lines)
    {
        await File.WriteAllBytesAsync(Store.OutputOf(Launch), [.. lines.SelectMany(static line => line.Append((byte)'\n'))], TestContext.Current.CancellationToken);
        using (var journal = AcpJournal.Open(Store.JournalOf(Session)))
        {
            Begin(journal);
            journal.Append(new JournalEntry { Kind = JournalKinds.End, At = DateTimeOffset.UnixEpoch, Request = Request, Launch = Launch, Offset = new FileInfo(Store.OutputOf(Launch)).Length, Status = status }, durable: false);
        }

        var events = new List<AcpEvent>();
        await foreach (var part in Watch().Read(Request, static () => true, static () => false, TestContext.Current.CancellationToken))
        {
            events.AddRange(Events(part));
        }

        return (events, Assert.Single(events, static one => one.Type == "result").Result!);
    }

    private static void Begin(AcpJournal journal)
    {
        journal.Append(new JournalEntry { Kind = JournalKinds.Prompt, At = DateTimeOffset.UnixEpoch, Request = Request }, durable: false);
        journal.Append(new JournalEntry { Kind = JournalKinds.Ready, At = DateTimeOffset.UnixEpoch, Launch = Launch, Offset = 0, SessionId = "s" }, durable: false);
        journal.Append(new JournalEntry { Kind = JournalKinds.Begin, At = DateTimeOffset.UnixEpoch, Request = Request, Launch = Launch, Offset = 0 }, durable: false);
    }

    private AcpWatch Watch() => new(
            Store, Session, new ChangeSignal(),
            static record => new AcpSessionDocument { Id = record.Id, Agent = record.Agent, Adapter = record.Adapter, Cwd = record.Cwd, Mode = record.Mode, Closed = false, CreatedAt = record.CreatedAt, LastUsedAt = record.CreatedAt, Status = "idle", Permissions = "deny-all" },
            TimeProvider.System);

    /// <summary>Every line of a part is JSON that every reader takes, the deepest included.</summary>
    private static IEnumerable<AcpEvent> Events(ReadOnlyMemory<byte> part)
    {
        foreach (var line in Encoding.UTF8.GetString(part.Span).Split('\n'))
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 1000 });
            var type = json.RootElement.GetProperty("type").GetString()!;
            yield return type == "message" ? new AcpEvent(type, json.RootElement.GetProperty("cursor").GetString()!) : JsonSerializer.Deserialize(line, ApiJson.Default.AcpEvent)!;
        }
    }

    private static byte[] Chunk(string text, string session = "s") =>
        Update(session, $$"""{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"{{text}}"} }""");

    private static byte[] Line(byte[] message) => [.. message, (byte)'\n'];

    private static byte[] Tool(string title, string session = "s") =>
        Update(session, $$"""{"sessionUpdate":"tool_call_update","toolCallId":"c","title":"{{title}}","status":"completed"}""");

    private static byte[] Update(string session, string update) =>
        Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"{{session}}","update":{{update}} } }""");
}
