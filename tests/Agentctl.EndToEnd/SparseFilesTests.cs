using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Files of 1 TB that store a few bytes, among the records of every agent.</summary>
public sealed class SparseFilesTests : BothWays
{
    private const int Count = 40;
    private const long Size = 1L << 40;

    private static readonly (string Adapter, string Path, string Records)[] Kinds =
    [
        ("claude-code", ".claude/projects/-x/ID.jsonl", """
            {"type":"user","sessionId":"ID","cwd":"/tmp","message":{"role":"user","content":"hello"},"timestamp":"2026-11-30T10:00:00Z","uuid":"a"}
            """),
        ("codex", ".codex/sessions/2026/11/30/rollout-2026-11-30T10-00-00-ID.jsonl", """
            {"timestamp":"2026-11-30T10:00:00Z","type":"session_meta","payload":{"id":"ID","cwd":"/tmp","timestamp":"2026-11-30T10:00:00Z","originator":"codex_exec","cli_version":"0.1","source":"exec"}}
            {"timestamp":"2026-11-30T10:00:01Z","type":"event_msg","payload":{"type":"user_message","message":"hello"}}
            """),
        ("pi", ".pi/agent/sessions/--x--/2026-11-30T10-00-00-000Z_ID.jsonl", """
            {"type":"session","version":3,"id":"ID","cwd":"/tmp","timestamp":"2026-11-30T10:00:00Z"}
            {"type":"message","id":"a","parentId":null,"timestamp":"2026-11-30T10:00:01Z","message":{"role":"user","content":"hello"}}
            """),
        ("gemini", ".gemini/tmp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/chats/session-2026-11-30T10-00-SHORT.jsonl", """
            {"sessionId":"ID","projectHash":"x","startTime":"2026-11-30T10:00:00Z","lastUpdated":"2026-11-30T10:00:00Z"}
            {"id":"a","timestamp":"2026-11-30T10:00:01Z","type":"user","content":"hello"}
            """),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sparse_files_cost_what_they_store(bool withDaemon)
    {
        var (healthy, sparse, unreadable) = (new List<string>(), new List<string>(), new List<string>());
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            healthy.Add(Write(kind, 9999, size: 0));
            for (var number = 0; number < Count; number++)
            {
                // The records, and then nothing; or nothing at all.
                (number % 2 == 0 ? sparse : unreadable).Add(Write(kind, number, Size, isEmpty: number % 2 == 1));
            }
        }

        for (var number = 0; number < Count; number++)
        {
            sparse.Add($"ses_{number:0000}");
            Grow(Sandbox.HomeFile($".local/share/opencode/storage/session/project/ses_{number:0000}.json", "{"));
        }

        var agentctl = Agentctl(withDaemon);
        // A daemon that has just started continues to read after its first answers, and says so.
        var list = await Settled(["list", "-a", "--json"]);
        Assert.Equal(0, list.ExitCode);
        Assert.Equal(healthy.Concat(sparse).Order(StringComparer.Ordinal), Ids(list.Output).Order(StringComparer.Ordinal));
        Assert.All(sparse.Concat(unreadable), id => Assert.Contains(id[..8], list.Error, StringComparison.Ordinal));

        var warnings = (await Settled(["list", "-a"])).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(warnings.Length, 5, 15);
        Assert.All(warnings, static warning => Assert.Contains("more", warning, StringComparison.Ordinal));

        if (withDaemon)
        {
            var daemon = Assert.Single(Sandbox.Living(), static process => process.Comm == "agentctld");
            var before = daemon.ThreadTimes();
            await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            Assert.True(daemon.UsedSince(before) < TimeSpan.FromMilliseconds(500), $"at rest the daemon used {daemon.UsedSince(before).TotalMilliseconds:0} ms in 5 s");
        }

        Task<ProcessResult> Settled(string[] command) => Eventually.See(
            "all sessions", TimeSpan.FromSeconds(60), () => agentctl.Run(command), result => !withDaemon || !result.Error.Contains("ask again", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Ids(string list)
    {
        using var rows = JsonDocument.Parse(list);
        return [.. rows.RootElement.EnumerateArray().Select(static row => row.GetProperty("id").GetString()!)];
    }

    private string Write(int kind, int number, long size, bool isEmpty = false)
    {
        var id = $"{kind}000{number:0000}-1111-4111-8111-{number:000000000000}";
        var path = Sandbox.HomeFile(Kinds[kind].Path.Replace("ID", id, StringComparison.Ordinal).Replace("SHORT", id[..8], StringComparison.Ordinal), isEmpty ? "" : Kinds[kind].Records.Replace("ID", id, StringComparison.Ordinal) + "\n");
        if (size > 0)
        {
            Grow(path);
        }

        return id;
    }

    private static void Grow(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(Size);
    }
}
