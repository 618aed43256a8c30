using System.Text;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>One damaged record of Claude Code costs that record: the file is named, its session is shown, and every other session too.</summary>
public sealed class DamagedTranscriptTests : IDisposable
{
    private const string Id = "11111111-1111-4111-8111-111111111111";
    private const string Shown = $"~/.claude/projects/-home-dev-proj/{Id}.jsonl";

    private static readonly string Asked = $$$"""{"type":"user","sessionId":"{{{Id}}}","cwd":"/home/dev/proj","timestamp":"2026-11-27T20:00:00.000Z","uuid":"a","message":{"role":"user","content":"fix the door"}}""";
    private static readonly string Answered = $$$"""{"type":"assistant","sessionId":"{{{Id}}}","cwd":"/home/dev/proj","timestamp":"2026-11-27T20:00:01.000Z","uuid":"b","message":{"id":"m1","role":"assistant","model":"claude-fake","stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5},"content":[{"type":"text","text":"it is fixed"}]}}""";

    private readonly ClaudeFolder claude = new();

    public DamagedTranscriptTests() => claude.Transcript(Ids.Finished);

    public void Dispose() => claude.Dispose();

    private string Write(params byte[][] lines)
    {
        var path = claude.PathOf("projects", "-home-dev-proj", Id + ".jsonl");
        File.WriteAllBytes(path, [.. lines.SelectMany(static line => line)]);
        return path;
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private async Task<(Session Session, IReadOnlyList<string> Problems)> Look()
    {
        var answer = await claude.Discover();
        Assert.Contains(answer.Sightings, static sighting => sighting.Id == Ids.Finished);
        return (Session.From(Assert.Single(answer.Sightings, static sighting => sighting.Id == Id)), answer.Problems);
    }

    private async Task<List<string>> Texts()
    {
        var texts = new List<string>();
        await foreach (var entry in claude.Adapter.ReadTranscript(Id, new TranscriptRange(), default))
        {
            texts.Add(entry.Text);
        }

        return texts;
    }

    /// <summary>Each of these once made every session of Claude Code unknown, or lost the session's own facts.</summary>
    [Theory]
    [InlineData("NUL bytes behind the record")]
    [InlineData("NUL bytes before the record")]
    [InlineData("a byte order mark")]
    [InlineData("carriage returns")]
    [InlineData("glued")]
    [InlineData("deep")]
    [InlineData("duplicate keys")]
    public async Task A_record_with_padding_is_read(string damage)
    {
        byte[][] lines = damage switch
        {
            "NUL bytes behind the record" => [Line(Asked), [.. Encoding.UTF8.GetBytes(Answered), .. new byte[9000], (byte)'\n']],
            "NUL bytes before the record" => [[.. new byte[9000], .. Line(Asked)], Line(Answered)],
            "a byte order mark" => [[0xEF, 0xBB, 0xBF, .. Line(Asked)], Line(Answered)],
            "carriage returns" => [Line(Asked + "\r"), Line(Answered + "\r")],
            "glued" => [Line(Asked + Answered)],
            "deep" => [Line(Asked.Replace("\"uuid\":\"a\"", $"\"x\":{new string('[', 100)}{new string(']', 100)}", StringComparison.Ordinal)), Line(Answered)],
            _ => [Line(Asked), Line(Answered.Replace("\"uuid\":\"b\"", "\"uuid\":\"c\",\"uuid\":\"b\"", StringComparison.Ordinal))],
        };
        Write(lines);

        var (session, problems) = await Look();

        Assert.Equal(("done", "fix the door", "/home/dev/proj", "claude-fake"), (session.Verdict.Reason, session.Sighting.Prompt, session.Sighting.Cwd, session.Sighting.Model));
        Assert.Empty(problems);
        Assert.Equal(["fix the door", "it is fixed"], await Texts());
        Assert.Equal(new TokenUsage(10, 5), await claude.Adapter.CountTokens(Id, default));
    }

    [Theory]
    [InlineData("fix the door")]
    [InlineData("claude-fake")]
    [InlineData("/home/dev/proj")]
    [InlineData("2026-11-27T20:00:00.000Z")]
    [InlineData("uuid")]
    public async Task A_byte_that_is_no_text_is_replaced(string inside)
    {
        byte[] Damaged(string line)
        {
            var at = line.IndexOf(inside, StringComparison.Ordinal);
            return at < 0 ? Line(line) : [.. Encoding.UTF8.GetBytes(line[..(at + 1)]), 0xE9, .. Line(line[(at + 1)..])];
        }

        Write(Damaged(Asked), Damaged(Answered));

        var (session, _) = await Look();

        Assert.Equal("done", session.Verdict.Reason);
        Assert.Equal(inside == "fix the door" ? "f\ufffdix the door" : "fix the door", session.Sighting.Prompt);
        Assert.Equal(2, (await Texts()).Count);
    }

    [Theory]
    [InlineData("{\"type\":\"user\",\"sessionId\":\"x\",\"uuid\":\"z\",\"timestamp\":\"2026-11-27T20:00:00.500Z\",\"mess", false, "line 2: ")]
    [InlineData("{\"type\":\"user\",\"sessionId\":\"x\",\"uuid\":\"z\",\"timestamp\":\"2026-11-27T20:00:00.500Z\",\"mess", true, "line 2: ")]
    [InlineData("not json", false, "line 2: it is not valid JSON: ")]
    [InlineData("\"a text\"", false, "line 2: it is not a JSON object")]
    public async Task A_record_that_was_cut_is_skipped_and_its_place_named(string cut, bool isGlued, string expected)
    {
        Write(Line(Asked), isGlued ? Line(cut + Answered) : [.. Line(cut), .. Line(Answered)]);

        var (session, problems) = await Look();

        Assert.Equal(("done", "fix the door"), (session.Verdict.Reason, session.Sighting.Prompt));
        Assert.StartsWith($"{Shown}, {expected}", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal(["fix the door", "it is fixed"], await Texts());
    }

    [Fact]
    public async Task A_file_without_any_record_is_named_and_its_session_could_not_be_looked_at()
    {
        Write(Line("not json"), Line("nor this"));

        var answer = await claude.Discover();

        Assert.Equal([Ids.Finished], answer.Sightings.Select(static sighting => sighting.Id));
        Assert.StartsWith($"{Shown}, line 1: ", Assert.Single(answer.Problems), StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<CannotLookException>(() => claude.Adapter.Find(Id, claude.Context(), default));
        Assert.StartsWith($"{Shown}, line 1: ", refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(await claude.Adapter.Find(Ids.Finished, claude.Context(), default));
    }

    [Fact]
    public async Task Numbers_and_times_that_cannot_be_are_not_believed()
    {
        Write(
            Line(Asked.Replace("2026-11-27T20:00:00.000Z", "0001-01-01T00:00:00Z", StringComparison.Ordinal)),
            Line(Answered.Replace("\"input_tokens\":10", "\"input_tokens\":-5", StringComparison.Ordinal).Replace("\"output_tokens\":5", "\"output_tokens\":99999999999999999999", StringComparison.Ordinal)));

        var (session, _) = await Look();

        Assert.Equal(DateTimeOffset.Parse("2026-11-27T20:00:01.000Z", System.Globalization.CultureInfo.InvariantCulture), session.Sighting.StartedAt);
        Assert.Equal(new TokenUsage(0, 0), await claude.Adapter.CountTokens(Id, default));
    }

    [Fact]
    public async Task A_registry_file_with_an_id_of_two_lines_names_no_session()
    {
        claude.Processes.Add(8663);
        claude.Write(ClaudeFolder.RecordedRegistryFile.Replace("\"sessionId\":\"", "\"sessionId\":\"a\\nclaude-code/", StringComparison.Ordinal), "sessions", "8663.json");
        Assert.Equal([Ids.Finished], (await claude.Discover()).Sightings.Select(static sighting => sighting.Id));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    [InlineData(20_000_000)]
    public async Task The_first_question_is_found_behind_its_pictures(int pictureBytes)
    {
        var picture = $$$"""[{"type":"image","source":{"type":"base64","data":"{{{new string('A', pictureBytes)}}}"}},{"type":"text","text":"what is on this picture?"}]""";
        Write(Line(Asked.Replace("\"fix the door\"", picture, StringComparison.Ordinal)), Line(Answered));

        var (session, problems) = await Look();

        Assert.Equal(("what is on this picture?", "/home/dev/proj"), (session.Sighting.Prompt, session.Sighting.Cwd));
        Assert.NotNull(session.Sighting.StartedAt);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task The_first_question_is_found_behind_megabytes_of_bookkeeping_and_its_end_before_them()
    {
        var bookkeeping = $$"""{"type":"file-history-snapshot","snapshot":"{{new string('x', 200_000)}}"}""";
        byte[][] much = [.. Enumerable.Repeat(Line(bookkeeping), 20)];
        Write([.. much, Line(Asked), Line(Answered), .. much]);

        var (session, _) = await Look();

        Assert.Equal(("fix the door", "done"), (session.Sighting.Prompt, session.Verdict.Reason));
    }

    [Fact]
    public async Task A_conversation_with_the_records_of_a_sub_agent_in_its_own_file_is_shown()
    {
        var other = Asked.Replace("fix the door", "you are a sub-agent", StringComparison.Ordinal).Replace("\"type\":\"user\"", "\"isSidechain\":true,\"type\":\"user\"", StringComparison.Ordinal);
        Write(Line(other), Line(Asked), Line(Answered), Line(other));
        var (session, _) = await Look();
        Assert.Equal(("fix the door", "done"), (session.Sighting.Prompt, session.Verdict.Reason));
        Assert.NotNull(await claude.Adapter.Find(Id, claude.Context(), default));

        Write(Line(other), Line(other));
        Assert.DoesNotContain((await claude.Discover()).Sightings, static sighting => sighting.Id == Id);
    }

    /// <summary>Claude resumes a session only in the directory that its folder is named after.</summary>
    [Theory]
    [InlineData("-home-dev-proj-wt", "/home/dev/proj-wt", "/home/dev/proj-wt")]
    [InlineData("-home-dev-proj-wt", "/home/dev/proj-wt/src/deep", "/home/dev/proj-wt")]
    [InlineData("-home-dev-proj", "/home/dev/proj/sub", "/home/dev/proj")]
    [InlineData("-home-dev-proj", "/tmp", "/home/dev/proj")]
    [InlineData("-somewhere-else", "/home/dev/newest", "/home/dev/newest")]
    public async Task A_session_works_where_its_newest_record_and_its_folder_agree(string folder, string newest, string expected)
    {
        var moved = Answered.Replace("\"cwd\":\"/home/dev/proj\"", $"\"cwd\":\"{newest}\"", StringComparison.Ordinal);
        claude.Write($"{Asked}\n{moved}\n", "projects", folder, Id + ".jsonl");
        Assert.Equal(expected, (await claude.The(Id)).Sighting.Cwd);
    }

    [Fact]
    public async Task A_session_with_two_files_is_the_same_in_list_and_status()
    {
        var old = claude.Write($"{Asked}\n", "projects", "-home-dev-proj", Id + ".jsonl");
        var moved = claude.Write($"{Asked}\n{Answered.Replace("/home/dev/proj", "/home/dev/wt", StringComparison.Ordinal)}\n", "projects", "-home-dev-wt", Id + ".jsonl");
        foreach (var difference in (int[])[0, 1, -1])
        {
            File.SetLastWriteTimeUtc(old, new DateTime(2026, 11, 27, 20, 0, 0, DateTimeKind.Utc));
            File.SetLastWriteTimeUtc(moved, new DateTime(2026, 11, 27, 20, 0, 0, DateTimeKind.Utc).AddSeconds(difference));
            var listed = (await claude.The(Id)).Sighting;
            Assert.Same(listed, await claude.Adapter.Find(Id, claude.Context(), default));
            if (difference != 0)
            {
                Assert.Equal(difference > 0 ? "/home/dev/wt" : "/home/dev/proj", listed.Cwd);
            }
        }
    }
}
