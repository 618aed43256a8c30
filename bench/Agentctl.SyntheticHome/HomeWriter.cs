using System.Globalization;
using System.Text;

namespace Agentctl.SyntheticHome;

/// <summary>
/// Writes what Claude Code 2.1 and Codex 0.169 write, many times over: four of five sessions are Claude's, each about 13 kB in 20
/// lines, five of them 5 MB. Deterministic but for the times, which are counted back from now.
/// </summary>
internal sealed class HomeWriter(string root, double recentShare)
{
    private const int Projects = 250;
    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;

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
            var isLarge = i < 5;
            if (i % 5 == 4)
            {
                WriteCodex(i, now - age);
            }
            else
            {
                WriteClaude(i, now - age, isLarge ? 5 * 1024 * 1024 : 13 * 1024);
            }
        }
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

    private void WriteClaudeFile(string id, string cwd, DateTimeOffset at, int size)
    {
        var text = new StringBuilder();
        var stamp = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var common = $"\"timestamp\":\"{stamp}\",\"userType\":\"external\",\"entrypoint\":\"cli\",\"cwd\":\"{cwd}\",\"sessionId\":\"{id}\",\"version\":\"2.1.329\",\"gitBranch\":\"main\"";
        var filler = new string('x', size > 1024 * 1024 ? 2_000 : 500);
        text.Append($$"""{"type":"queue-operation","operation":"enqueue","timestamp":"{{stamp}}","sessionId":"{{id}}","content":"fix the failing test"}""").Append('\n');
        for (var turn = 0; turn == 0 || text.Length < size; turn++)
        {
            text.Append($$$"""{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":"fix the failing test number {{{turn}}}"},"uuid":"u{{{turn}}}",{{{common}}}}""").Append('\n');
            text.Append($$$"""{"parentUuid":"u{{{turn}}}","isSidechain":false,"type":"assistant","message":{"id":"msg_{{{turn}}}","type":"message","role":"assistant","model":"claude-opus","content":[{"type":"text","text":"Looking at it. {{{filler}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":7,"cache_read_input_tokens":3}},"uuid":"a{{{turn}}}",{{{common}}}}""").Append('\n');
        }

        text.Append($$$$"""{"type":"cost-state","sessionId":"{{{{id}}}}","totalCostUSD":0.25,"modelUsage":{"claude-opus":{"inputTokens":100,"outputTokens":50,"cacheReadInputTokens":30,"cacheCreationInputTokens":70,"costUSD":0.25}}}""").Append('\n');
        Put(Path.Combine(".claude", "projects", cwd.Replace('/', '-'), id + ".jsonl"), text.ToString(), at);
    }

    private void WriteCodex(int i, DateTimeOffset at)
    {
        var ms = at.ToUnixTimeMilliseconds();
        var id = $"{ms >> 16:x8}-{ms & 0xffff:x4}-7c00-8f28-{i:x12}";
        var stamp = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
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
