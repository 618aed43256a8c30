using Agentctl.Adapters.ClaudeCode;
using Agentctl.Adapters.Codex;
using Agentctl.Adapters.Gemini;
using Agentctl.Adapters.OpenCode;
using Agentctl.Adapters.Pi;
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
        new("pi", static environment => new PiAdapter(environment), Pi, static (path, id) => path.Contains(id, StringComparison.Ordinal)),
        new("gemini", static environment => new GeminiAdapter(environment), Gemini, static (path, id) => path.Contains(id[..8], StringComparison.Ordinal)),
        new("opencode", static environment => new OpenCodeAdapter(environment), OpenCodeFiles, static (path, id) => path.Contains(id["ses_".Length..], StringComparison.Ordinal)),
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

    private static List<string> Pi(string home) =>
    [
        .. from number in Enumerable.Range(1, 3)
           let id = $"01a1fbc7-0000-7000-8000-00000000000{number}"
           select Write(Path.Combine(home, ".pi", "agent", "sessions", "--home-dev-proj--", $"2026-11-21T01-44-55-734Z_{id}.jsonl"), $$$"""
               {"type":"session","version":3,"id":"{{{id}}}","timestamp":"2026-11-21T01:44:55.734Z","cwd":"/home/dev/proj"}
               {"type":"model_change","id":"a1","parentId":null,"timestamp":"2026-11-21T01:44:55.800Z","provider":"fake","modelId":"fake-model"}
               {"type":"message","id":"a2","parentId":"a1","timestamp":"2026-11-21T01:44:56.000Z","message":{"role":"user","content":[{"type":"text","text":"do {{{number}}}"}],"timestamp":1795225496000}}
               {"type":"message","id":"a3","parentId":"a2","timestamp":"2026-11-21T01:44:57.000Z","message":{"role":"assistant","content":[{"type":"toolCall","id":"c1","name":"bash","arguments":{"command":"ls"}}],"model":"fake-model","usage":{"input":10,"output":5,"cacheRead":0,"cacheWrite":0},"stopReason":"toolUse"}}
               {"type":"message","id":"a4","parentId":"a3","timestamp":"2026-11-21T01:44:58.000Z","message":{"role":"toolResult","toolName":"bash","content":[{"type":"text","text":"out"}]}}
               {"type":"message","id":"a5","parentId":"a4","timestamp":"2026-11-21T01:44:59.000Z","message":{"role":"assistant","content":[{"type":"text","text":"done"}],"model":"fake-model","usage":{"input":20,"output":5,"cacheRead":1,"cacheWrite":2},"stopReason":"stop"}}

               """),
    ];

    private static List<string> Gemini(string home)
    {
        var files = new List<string> { Write(Path.Combine(home, ".gemini", "projects.json"), """{"projects":{"/home/dev/proj":"proj"}}""") };
        Write(Path.Combine(home, ".gemini", "tmp", "proj", ".project_root"), "/home/dev/proj");
        foreach (var number in (int[])[1, 2, 3])
        {
            var id = $"9d0cefd{number}-36e3-4000-8000-000000000001";
            files.Add(Write(Path.Combine(home, ".gemini", "tmp", "proj", "chats", $"session-2026-11-21T01-44-9d0cefd{number}.jsonl"), $$$"""
                {"sessionId":"{{{id}}}","projectHash":"a6","startTime":"2026-11-21T01:44:29.034Z","lastUpdated":"2026-11-21T01:44:29.034Z","kind":"main"}
                {"$set":{"messages":[{"id":"m0","timestamp":"2026-11-21T01:44:29.500Z","type":"user","content":[{"text":"first {{{number}}}"}]}]}}
                {"id":"m1","timestamp":"2026-11-21T01:44:30.000Z","type":"gemini","content":"","toolCalls":[{"id":"t","name":"run_shell_command","args":{"command":"ls"},"status":"success"}],"tokens":{"input":10,"output":5,"cached":2},"model":"gemini-2.5-flash"}
                {"id":"m2","timestamp":"2026-11-21T01:44:31.000Z","type":"user","content":[{"text":"taken back"}]}
                {"$rewindTo":"m2"}
                {"id":"m3","timestamp":"2026-11-21T01:44:32.000Z","type":"gemini","content":"hello","tokens":{"input":10,"output":5,"cached":0},"model":"gemini-2.5-flash"}
                {"$set":{"lastUpdated":"2026-11-21T01:44:33.000Z"}}

                """));
        }

        return files;
    }

    /// <summary>As OpenCode 1.1 keeps them. Names of messages and parts hold the session's, to tell whose they are.</summary>
    private static List<string> OpenCodeFiles(string home)
    {
        var storage = Path.Combine(home, ".local", "share", "opencode", "storage");
        var files = new List<string>();
        foreach (var session in (string[])["alpha", "beta", "gamma"])
        {
            files.Add(Write(Path.Combine(storage, "session", "global", $"ses_{session}.json"), $$$"""{"id":"ses_{{{session}}}","version":"1.1.65","projectID":"global","directory":"/home/dev/proj","title":"about {{{session}}}","time":{"created":1795224968059,"updated":1795224968100}}"""));
            files.Add(Write(Path.Combine(storage, "message", $"ses_{session}", $"msg_1{session}.json"), $$$"""{"id":"msg_1{{{session}}}","role":"user","time":{"created":1795224968059}}"""));
            files.Add(Write(Path.Combine(storage, "part", $"msg_1{session}", $"prt_21e924eec001{session}.json"), """{"type":"text","text":"do it"}"""));
            files.Add(Write(Path.Combine(storage, "message", $"ses_{session}", $"msg_2{session}.json"), $$$"""{"id":"msg_2{{{session}}}","role":"assistant","modelID":"fake-model","time":{"created":1795224968200,"completed":1795224968300},"finish":"stop"}"""));
            files.Add(Write(Path.Combine(storage, "part", $"msg_2{session}", $"prt_21e92508f001{session}.json"), """{"type":"text","text":"done"}"""));
            files.Add(Write(Path.Combine(storage, "part", $"msg_2{session}", $"prt_21e925091001{session}.json"), """{"type":"step-finish","tokens":{"input":10,"output":5,"cache":{"read":0,"write":0}}}"""));
        }

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
