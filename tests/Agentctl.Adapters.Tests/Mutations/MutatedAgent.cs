using Agentctl.Adapters.ClaudeCode;
using Agentctl.Adapters.Codex;
using Agentctl.Core;

namespace Agentctl.Adapters.Tests.Mutations;

/// <summary>An agent whose recorded files are damaged. A new agent joins the property test with a line in <see cref="All"/>.</summary>
/// <param name="Name">The adapter's id.</param>
/// <param name="Create">Makes the adapter for a home.</param>
/// <param name="Record">Writes the recorded files below a home; the files to damage are the ones it returns.</param>
/// <param name="IsOf">Whether a file is the record of a session; a file of no session must not change the set of sessions.</param>
internal sealed record MutatedAgent(
    string Name, Func<AgentEnvironment, IAgentAdapter> Create, Func<string, IReadOnlyList<string>> Record, Func<string, string, bool> IsOf)
{
    public static readonly IReadOnlyList<MutatedAgent> All =
    [
        new("claude-code", static environment => new ClaudeCodeAdapter(environment), Claude, static (path, id) => Path.GetFileNameWithoutExtension(path) == id),
        new("codex", static environment => new CodexAdapter(environment), Codex, static (path, id) => path.Contains(id, StringComparison.Ordinal)),
    ];

    private static string Fixtures(params string[] parts) => Path.Combine([AppContext.BaseDirectory, .. parts]);

    private static List<string> Claude(string home)
    {
        string[] ids = [ClaudeCodeIds.Finished, ClaudeCodeIds.KilledInATurn, ClaudeCodeIds.ApiError, ClaudeCodeIds.WithSubAgent];
        var files = ids.Select(id => Copy(Fixtures("ClaudeCode", "Fixtures", "2.1.329", "projects", "-home-dev-proj", id + ".jsonl"), home, ".claude", "projects", "-home-dev-proj")).ToList();
        files.Add(Copy(Fixtures("ClaudeCode", "Fixtures", "2.1.329", "sessions", "8663.json"), home, ".claude", "sessions"));
        files.Add(Write(Path.Combine(home, ".claude", "jobs", "2a0e5465", "state.json"), $$"""{"state":"done","intent":"x","sessionId":"{{ClaudeCodeIds.Finished}}","createdAt":"2026-11-21T06:48:43.674Z","updatedAt":"2026-11-21T06:48:52.852Z"}"""));
        files.Add(Write(Path.Combine(home, ".claude", "daemon", "roster.json"), """{"proto":1,"supervisorPid":11242,"updatedAt":1795243724491,"workers":{}}"""));
        return files;
    }

    private static List<string> Codex(string home)
    {
        string[] ids = ["01a1fcdb-c06a-7f43-9bef-1dc6ab81d532", "01a1fcdd-146c-70c2-8fbf-326f67e705a8", "01a1fcf9-16eb-7fb2-afb7-ca6456af0134", "01a1fce3-f70e-7680-95ef-cab2d636b513"];
        var files = ids.Select(id => Copy(
            Directory.GetFiles(Fixtures("Codex", "Fixtures"), $"*{id}.jsonl", SearchOption.AllDirectories).Single(), home, ".codex", "sessions", "2026", "11", "21")).ToList();
        files.Add(Write(Path.Combine(home, ".codex", "session_index.jsonl"), string.Concat(ids.Select(id => $$"""{"id":"{{id}}","thread_name":"name of {{id[..8]}}","updated_at":"2026-11-21T06:49:03.602564583Z"}""" + "\n"))));
        files.Add(Write(Path.Combine(home, ".codex", "app-server-daemon", "daemon.pid"), """{"pid":12071,"processIdentity":{"bootId":"23e0","startTicks":178482}}"""));
        return files;
    }

    private static string Copy(string file, params string[] folder)
    {
        var path = Path.Combine([.. folder, Path.GetFileName(file)]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(file, path);
        return path;
    }

    private static string Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>The recorded transcripts of Claude Code that are damaged: small ones that ended differently.</summary>
    private static class ClaudeCodeIds
    {
        public const string Finished = "2a0e5465-bdb1-4411-99f0-e393f2e87b89";
        public const string KilledInATurn = "d914a15a-e763-401b-b034-85317748393a";
        public const string ApiError = "c3bebeb4-92cc-41aa-9b30-6f0b78b9a6fd";
        public const string WithSubAgent = "1b646a2a-22e7-436a-a241-daffa2862517";
    }
}
