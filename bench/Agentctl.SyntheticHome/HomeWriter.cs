using System.Globalization;
using System.Text;

namespace Agentctl.SyntheticHome;

/// <summary>
/// Writes what Claude Code 2.1, Codex 0.169, Pi 0.87, Gemini 0.61 and OpenCode 1.18 write, many times over: of ten sessions five are
/// Claude's, each about 13 kB in 20 lines, five of them 5 MB; two Codex's; one is Pi's, one Gemini's, one OpenCode's. Deterministic but
/// for the times, which are counted back from now.
/// </summary>
internal sealed class HomeWriter(string root, double recentShare)
{
    private const int Projects = 250;
    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;
    private readonly OpenCodeDatabase openCode = new();
    private readonly HashSet<string> geminiProjects = [];

    public long BytesWritten { get; private set; }

    /// <summary>Id of a Claude session of 5 MB.</summary>
    public string Largest { get; private set; } = "";

    public void Write(int count)
    {
        // Every Codex home of today has this database; an empty file is an empty one.
        Directory.CreateDirectory(Path.Combine(root, ".codex"));
        File.WriteAllBytes(Path.Combine(root, ".codex", "state_5.sqlite"), []);
        for (var i = 0; i < count; i++)
        {
            // Spread over the last six days, or, for the old ones, over the two years before.
            var isRecent = i < Math.Max(5, count * recentShare);
            var age = isRecent ? TimeSpan.FromDays(6) * (i / (double)count) : TimeSpan.FromDays(8 + 700 * (i / (double)count));
            var at = now - age;
            switch (i % 10)
            {
                case 5 or 6:
                    WriteCodex(i, at);
                    break;
                case 7:
                    WritePi(i, at);
                    break;
                case 8:
                    WriteGemini(i, at);
                    break;
                case 9:
                    openCode.Add(i, at);
                    break;
                default:
                    WriteClaude(i, at, i < 5 ? 5 * 1024 * 1024 : 13 * 1024);
                    break;
            }
        }

        File.WriteAllText(Path.Combine(root, "opencode.sql"), openCode.Script());
    }

    /// <summary>A transcript of 1 GB, and one with a line of 100 MB.</summary>
    public void AddHuge()
    {
        var grown = Path.Combine(root, WriteClaudeFile(Id(2_000_001), "/work/project-000", now, 8 << 20));
        var turns = File.ReadAllBytes(grown);
        using (var more = new FileStream(grown, FileMode.Append))
        {
            while (more.Length < 1 << 30)
            {
                more.Write(turns);
            }
        }

        var id = Id(2_000_002);
        Put(
            Path.Combine(".claude", "projects", "-work-project-000", id + ".jsonl"),
            $$"""
            {"parentUuid":null,"type":"user","message":{"role":"user","content":"read the log"},"uuid":"u0",{{Common(id, "/work/project-000", now)}}}
            {"parentUuid":"u0","type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"{{new string('z', 100 * 1024 * 1024)}}"}]},"uuid":"u1",{{Common(id, "/work/project-000", now)}}}
            {"parentUuid":"u1","type":"assistant","message":{"role":"assistant","model":"claude-opus","content":[{"type":"text","text":"It is long."}],"stop_reason":"end_turn"},"uuid":"a1",{{Common(id, "/work/project-000", now)}}}

            """,
            now);
    }

    public void AddLiving(int pid)
    {
        // field 22 of proc_pid_stat(5), counted after the command name, which may hold anything
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var start = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        var id = Id(1_000_000 + pid);
        WriteClaudeFile(id, "/work/living", now, 13 * 1024);
        var folder = Directory.CreateDirectory(Path.Combine(root, ".claude", "sessions")).FullName;
        var ms = now.ToUnixTimeMilliseconds();
        File.WriteAllText(
            Path.Combine(folder, $"{pid}.json"),
            $$"""{"pid":{{pid}},"sessionId":"{{id}}","cwd":"/work/living","startedAt":{{ms}},"procStart":"{{start}}","version":"2.1.329","kind":"interactive","entrypoint":"cli","status":"busy","updatedAt":{{ms}},"statusUpdatedAt":{{ms}}}""");
    }

    private static string Id(int i) => $"{i:x8}-9af3-4246-b47a-f618218ff3a4";

    private void WriteClaude(int i, DateTimeOffset at, int size)
    {
        var id = Id(i);
        Largest = size > 1024 * 1024 && Largest.Length == 0 ? id : Largest;
        WriteClaudeFile(id, $"/work/project-{i % Projects:D3}", at, size);
    }

    /// <returns>Where, below the root.</returns>
    private string WriteClaudeFile(string id, string cwd, DateTimeOffset at, int size)
    {
        var text = new StringBuilder();
        var stamp = Stamp(at);
        var common = Common(id, cwd, at);
        var filler = new string('x', size > 1024 * 1024 ? 2_000 : 500);
        text.Append($$"""{"type":"queue-operation","operation":"enqueue","timestamp":"{{stamp}}","sessionId":"{{id}}","content":"fix the failing test"}""").Append('\n');
        for (var turn = 0; turn == 0 || text.Length < size; turn++)
        {
            text.Append($$$"""{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"fix the failing test number {{{turn}}}"},"uuid":"u{{{turn}}}",{{{common}}}}""").Append('\n');
            text.Append($$$"""{"parentUuid":"u{{{turn}}}","isSidechain":false,"type":"assistant","message":{"id":"msg_{{{turn}}}","type":"message","role":"assistant","model":"claude-opus","content":[{"type":"text","text":"Looking at it. {{{filler}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":7,"cache_read_input_tokens":3}},"uuid":"a{{{turn}}}",{{{common}}}}""").Append('\n');
        }

        text.Append($$$$"""{"type":"cost-state","sessionId":"{{{{id}}}}","totalCostUSD":0.25,"modelUsage":{"claude-opus":{"inputTokens":100,"outputTokens":50,"cacheReadInputTokens":30,"cacheCreationInputTokens":70,"costUSD":0.25}}}""").Append('\n');
        var path = Path.Combine(".claude", "projects", cwd.Replace('/', '-'), id + ".jsonl");
        Put(path, text.ToString(), at);
        return path;
    }

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Common(string id, string cwd, DateTimeOffset at) =>
        $"\"timestamp\":\"{Stamp(at)}\",\"userType\":\"external\",\"entrypoint\":\"cli\",\"cwd\":\"{cwd}\",\"sessionId\":\"{id}\",\"version\":\"2.1.329\",\"gitBranch\":\"main\"";

    private void WritePi(int i, DateTimeOffset at)
    {
        var text = new StringBuilder($$"""{"type":"session","version":3,"id":"{{Id(i)}}","timestamp":"{{Stamp(at)}}","cwd":"/work/project-{{i % Projects:D3}}"}""").Append('\n');
        for (var turn = 0; turn < 10; turn++)
        {
            text.Append($$$"""{"type":"message","id":"m{{{turn}}}","timestamp":"{{{Stamp(at)}}}","message":{"role":"user","content":[{"type":"text","text":"tidy number {{{turn}}}"}]}}""").Append('\n');
            text.Append($$$"""{"type":"message","id":"n{{{turn}}}","timestamp":"{{{Stamp(at)}}}","message":{"role":"assistant","content":[{"type":"text","text":"Tidied. {{{new string('p', 500)}}}"}],"model":"m","stopReason":"stop"}}""").Append('\n');
        }

        Put(Path.Combine(".pi", "agent", "sessions", $"--work-project-{i % Projects:D3}--", $"{at.UtcDateTime:yyyy-MM-dd'T'HH-mm-ss-fff'Z'}_{Id(i)}.jsonl"), text.ToString(), at);
    }

    private void WriteGemini(int i, DateTimeOffset at)
    {
        var folder = Path.Combine(".gemini", "tmp", $"project-{i % Projects:D3}");
        if (geminiProjects.Add(folder))
        {
            Put(Path.Combine(folder, ".project_root"), $"/work/project-{i % Projects:D3}", at);
        }

        var text = new StringBuilder($$"""{"sessionId":"{{Id(i)}}","projectHash":"a6","startTime":"{{Stamp(at)}}","lastUpdated":"{{Stamp(at)}}","kind":"main"}""").Append('\n');
        for (var turn = 0; turn < 10; turn++)
        {
            text.Append($$"""{"id":"u{{turn}}","timestamp":"{{Stamp(at)}}","type":"user","content":[{"text":"translate number {{turn}}"}]}""").Append('\n');
            text.Append($$"""{"id":"g{{turn}}","timestamp":"{{Stamp(at)}}","type":"gemini","content":"Done. {{new string('g', 500)}}","model":"gemini-2.5-flash"}""").Append('\n');
        }

        Put(Path.Combine(folder, "chats", $"session-{at.UtcDateTime:yyyy-MM-dd'T'HH-mm}-{Id(i)[..8]}.jsonl"), text.ToString(), at);
    }

    private void WriteCodex(int i, DateTimeOffset at)
    {
        var ms = at.ToUnixTimeMilliseconds();
        var id = $"{ms >> 16:x8}-{ms & 0xffff:x4}-7c00-8f28-{i:x12}";
        var stamp = Stamp(at);
        var filler = new string('y', 500);
        var text = new StringBuilder();
        text.Append($$$"""{"timestamp":"{{{stamp}}}","ordinal":0,"type":"session_meta","payload":{"session_id":"{{{id}}}","id":"{{{id}}}","timestamp":"{{{stamp}}}","cwd":"/work/project-{{{i % Projects:D3}}}","originator":"codex_exec","cli_version":"0.169.0","source":"exec","model_provider":"openai"}}""").Append('\n');
        for (var turn = 0; turn < 6; turn++)
        {
            text.Append($$$"""{"timestamp":"{{{stamp}}}","type":"event_msg","payload":{"type":"task_started","turn_id":"t{{{turn}}}","started_at":{{{ms / 1000}}}}}""").Append('\n');
            text.Append($$$"""{"timestamp":"{{{stamp}}}","type":"turn_context","payload":{"turn_id":"t{{{turn}}}","cwd":"/work/project-{{{i % Projects:D3}}}","model":"gpt-5"}}""").Append('\n');
            text.Append($$$"""{"timestamp":"{{{stamp}}}","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"explain number {{{turn}}}"}]}}""").Append('\n');
            text.Append($$$"""{"timestamp":"{{{stamp}}}","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"It does this. {{{filler}}}"}]}}""").Append('\n');
            text.Append($$$$"""{"timestamp":"{{{{stamp}}}}","type":"token_usage_record","payload":{"thread_id":"{{{{id}}}}","turn_id":"t{{{{turn}}}}","thread_token_usage":{"input_tokens":100,"cached_input_tokens":30,"output_tokens":50,"total_tokens":150}}}""").Append('\n');
            text.Append($$$"""{"timestamp":"{{{stamp}}}","type":"event_msg","payload":{"type":"task_complete","turn_id":"t{{{turn}}}","last_agent_message":"done"}}""").Append('\n');
        }

        var day = at.LocalDateTime;
        var name = $"rollout-{day:yyyy-MM-dd'T'HH-mm-ss}-{id}.jsonl";
        Put(Path.Combine(".codex", "sessions", $"{day:yyyy}", $"{day:MM}", $"{day:dd}", name), text.ToString(), at);
    }

    private void Put(string path, string text, DateTimeOffset at)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        File.SetLastWriteTimeUtc(full, at.UtcDateTime);
        BytesWritten += text.Length;
    }
}
