using Agentctl.Adapters.Gemini;
using Agentctl.Adapters.OpenCode;
using Agentctl.Adapters.Pi;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>Lines as OpenCode 1.18 and 1.1, Pi 0.87 and Gemini 0.61 wrote them, cut short.</summary>
public sealed class RecordedAdapterTests : IDisposable
{
    private const string Cwd = "/home/dev/proj";
    private static readonly DateTimeOffset Turn = new(2026, 11, 21, 1, 49, 45, TimeSpan.Zero);

    private readonly string home = Directory.CreateTempSubdirectory("recorded-").FullName;
    private readonly FakeProcessTable processes = new();

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Theory]
    [InlineData("""{"role":"assistant","content":[{"type":"text","text":"hi"}],"model":"m","stopReason":"stop"}""", "stopped (done)")]
    [InlineData("""{"role":"assistant","content":[],"model":"m","stopReason":"error","errorMessage":"429"}""", "error (failed)")]
    [InlineData("""{"role":"assistant","content":[],"model":"m","stopReason":"aborted"}""", "stopped (aborted)")]
    [InlineData("""{"role":"assistant","content":[{"type":"toolCall","name":"bash","arguments":{}}],"stopReason":"toolUse"}""", "stopped (vanished)")]
    [InlineData("""{"role":"toolResult","toolName":"bash","content":[]}""", "stopped (vanished)")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"again"}]}""", "stopped (vanished)")]
    public async Task Pi_is_judged_by_its_newest_message(string newest, string state)
    {
        Pi(newest, "\u0000\u0000torn {");
        Assert.Equal(state, await State(new PiAdapter(Environment()), "p-1"));
    }

    /// <summary>JavaScript cuts texts within a character; a reader must not stumble over one of them, let alone over all sessions of an agent.</summary>
    [Fact]
    public async Task Text_that_was_cut_within_a_character_is_shown()
    {
        Pi("""{"role":"assistant","content":[{"type":"text","text":"cut \ud83d"}],"model":"m","stopReason":"stop"}""");
        OpenCode("""{"role":"assistant","time":{"created":1},"error":{"name":"APIError","data":{"message":"cut \ud83d"}}}""");
        using var pi = new PiAdapter(Environment());
        using var openCode = new OpenCodeAdapter(Environment());
        Assert.Equal("stopped (done)", await State(pi, "p-1"));
        Assert.Contains("cut \ufffd", (await openCode.Find("ses_1", Context(Reach.All), default))!.Facts.SignalEvidence!.Fact, StringComparison.Ordinal);
        var said = new List<string>();
        await foreach (var entry in pi.ReadTranscript("p-1", new TranscriptRange(Last: 1), default))
        {
            said.Add(entry.Text);
        }

        Assert.Equal(["cut \ufffd"], said);
    }

    [Theory]
    [InlineData("""{"type":"gemini","content":"hello","model":"gemini-2.5-flash","timestamp":"2026-11-21T01:49:46Z"}""", "stopped (done)")]
    [InlineData("""{"type":"error","content":"quota","timestamp":"2026-11-21T01:49:46Z"}""", "error (failed)")]
    [InlineData("""{"type":"gemini","content":"","toolCalls":[{"name":"run_shell_command","status":"executing"}]}""", "stopped (vanished)")]
    [InlineData("""{"type":"user","content":[{"text":"again"}],"timestamp":"2026-11-21T01:49:46Z"}""", "stopped (vanished)")]
    [InlineData("""{"$set":{"lastUpdated":"2026-11-21T01:49:46Z"}}""", "stopped (vanished)")]
    public async Task Gemini_is_judged_by_its_newest_message(string newest, string state)
    {
        Gemini(newest);
        Assert.Equal(state, await State(new GeminiAdapter(Environment()), "9d0cefdc-36e3"));
    }

    /// <summary>Resumed in another minute, a conversation has a second file, which stays empty; whichever was written last.</summary>
    [Theory]
    [InlineData("01-40", -1)]
    [InlineData("01-40", 1)]
    [InlineData("01-50", -1)]
    [InlineData("01-50", 1)]
    public async Task Empty_second_file_of_a_gemini_session_does_not_hide_the_first(string minute, int secondsAfter)
    {
        Gemini("""{"type":"gemini","content":"hello","model":"gemini-2.5-flash","timestamp":"2026-11-21T01:49:46Z"}""");
        var chats = Path.Combine(home, ".gemini/tmp/proj/chats");
        var second = Path.Combine(chats, $"session-2026-11-21T{minute}-9d0cefdc.jsonl");
        File.WriteAllText(second, """{"sessionId":"9d0cefdc-36e3","projectHash":"a6","startTime":"2026-11-21T01:50:29.034Z","lastUpdated":"2026-11-21T01:50:29.034Z","kind":"main"}""" + "\n");
        File.SetLastWriteTimeUtc(second, File.GetLastWriteTimeUtc(Path.Combine(chats, "session-2026-11-21T01-44-9d0cefdc.jsonl")).AddSeconds(secondsAfter));

        using var adapter = new GeminiAdapter(Environment());
        Assert.Equal("stopped (done)", Verdicts(Assert.Single((await adapter.Discover(Context(Reach.All), default)).Sightings)));
        Assert.Equal("stopped (done)", await State(adapter, "9d0cefdc-36e3"));
        var said = new List<string>();
        await foreach (var entry in adapter.ReadTranscript("9d0cefdc-36e3", new TranscriptRange(), default))
        {
            said.Add(entry.Text);
        }

        Assert.Equal(["hi there", "hello"], said);
    }

    [Theory]
    [InlineData("""{"role":"assistant","time":{"created":1,"completed":2},"finish":"stop"}""", "stopped (done)")]
    [InlineData("""{"role":"assistant","time":{"created":1,"completed":2},"finish":"tool-calls"}""", "stopped (vanished)")]
    [InlineData("""{"role":"assistant","time":{"created":1}}""", "stopped (vanished)")]
    [InlineData("""{"role":"assistant","time":{"created":1,"completed":2},"error":{"name":"MessageAbortedError"}}""", "stopped (aborted)")]
    [InlineData("""{"role":"assistant","time":{"created":1},"error":{"name":"APIError","data":{"message":"500"}}}""", "error (failed)")]
    [InlineData("""{"role":"user","time":{"created":1}}""", "stopped (vanished)")]
    public async Task OpenCode_is_judged_by_its_newest_message(string newest, string state)
    {
        OpenCode(newest);
        Assert.Equal(state, await State(new OpenCodeAdapter(Environment()), "ses_1"));
    }

    [Theory]
    [InlineData("""{"role":"assistant","time":{"created":1,"completed":2},"finish":"stop"}""", "stopped (done)")]
    [InlineData("""{"role":"assistant","time":{"created":1}}""", "stopped (vanished)")]
    [InlineData("""{"role":"user","time":{"created":1}}""", "stopped (vanished)")]
    [InlineData("torn {", "stopped (vanished)")]
    public async Task OpenCode_before_its_database_is_judged_by_its_newest_message(string newest, string state)
    {
        OpenCodeFiles(newest);
        Assert.Equal(state, await State(new OpenCodeAdapter(Environment()), "ses_1"));
    }

    [Fact]
    public async Task OpenCode_before_its_database_tells_the_same()
    {
        OpenCodeFiles("""{"role":"assistant","time":{"created":1795224969287},"modelID":"fake-model"}""");
        using var adapter = new OpenCodeAdapter(Environment());
        var seen = Assert.Single((await adapter.Discover(Context(Reach.All), default)).Sightings);
        Assert.Equal(("ses_1", Cwd, "do it", "fake-model", "a title"), (seen.Id, seen.Cwd, seen.Prompt, seen.Model, seen.Meta["title"]));
        Assert.Equal("stopped (vanished)", Verdicts(seen));
        Assert.Same(seen, Assert.Single((await adapter.Discover(Context(Reach.All), default)).Sightings));
        Assert.Equal(["ses_1"], (await adapter.Names(default)).Select(static name => name.Id));
        var said = new List<TranscriptEntry>();
        await foreach (var entry in adapter.ReadTranscript("ses_1", new TranscriptRange(), default))
        {
            said.Add(entry);
        }

        Assert.Equal([("user", "do it"), ("tool", "{\"command\":\"ls\"}\nout"), ("assistant", "done")], said.Select(static entry => (entry.Role, entry.Text)));
        Assert.Equal(said.Order(Comparer<TranscriptEntry>.Create(static (one, other) => one.Cursor.CompareTo(other.Cursor))), said);
        Assert.Equal(new TokenUsage(10, 5), await adapter.CountTokens("ses_1", default));

        // The newest message alone has changed.
        OpenCodeFiles("""{"role":"assistant","time":{"created":1795224969287,"completed":1795224970000},"finish":"stop","modelID":"fake-model"}""");
        Assert.Equal("stopped (done)", await State(adapter, "ses_1"));
    }

    [Theory]
    [InlineData("log/2026-11-27T195425.log", "unknown (probable)")]
    [InlineData("logs/2026-11-27T195425.log", "unknown (probable)")]
    [InlineData("bin/x", "stopped (vanished)")]
    public async Task OpenCode_without_a_database_is_probable_while_a_process_has_its_log_open(string open, string state)
    {
        OpenCodeFiles("""{"role":"assistant","time":{"created":1795224969287},"modelID":"fake-model"}""");
        if (open.StartsWith("logs/", StringComparison.Ordinal))
        {
            // The kernel tells where a file is, not by which link it was named.
            Directory.CreateSymbolicLink(Path.Combine(home, ".local/share/opencode/log"), Directory.CreateDirectory(Path.Combine(home, ".local/share/opencode/logs")).FullName);
        }

        processes.Add(77, startedAt: DateTimeOffset.FromUnixTimeMilliseconds(1795224960000), workingDirectory: Cwd).Files = [new OpenFile(15, Path.Combine(home, ".local/share/opencode", open), Writable: true)];
        using var adapter = new OpenCodeAdapter(Environment());
        Assert.Equal(state, await State(adapter, "ses_1"));
        Assert.Equal(state == "unknown (probable)", (await adapter.Discover(Context(Reach.Active), default)).Sightings.Count == 1);
    }

    /// <summary>Version 1.2 takes the files over and leaves them there: they are then no second truth.</summary>
    [Fact]
    public async Task OpenCode_files_are_not_read_beside_its_database()
    {
        OpenCodeFiles("""{"role":"assistant","time":{"created":1795224969287}}""");
        OpenCode("""{"role":"assistant","time":{"created":1,"completed":2},"finish":"stop"}""");
        using var adapter = new OpenCodeAdapter(Environment());
        Assert.Equal("stopped (done)", Verdicts(Assert.Single((await adapter.Discover(Context(Reach.All), default)).Sightings)));
        Assert.Contains((await adapter.Diagnose(default)).Places, static place => place.Found.StartsWith("not read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row_carries_what_the_record_says()
    {
        Pi("""{"role":"assistant","content":[{"type":"text","text":"hi"}],"model":"m","stopReason":"stop"}""");
        OpenCode("""{"role":"assistant","time":{"created":1,"completed":2},"finish":"stop"}""");
        Gemini("""{"type":"gemini","content":"hello","model":"gemini-2.5-flash"}""");
        foreach (var (adapter, id, prompt, model) in ((RecordedAdapter, string, string, string)[])
            [(new PiAdapter(Environment()), "p-1", "do it", "m"), (new OpenCodeAdapter(Environment()), "ses_1", "do it", "fake-model"), (new GeminiAdapter(Environment()), "9d0cefdc-36e3", "hi there", "gemini-2.5-flash")])
        {
            using (adapter)
            {
                var seen = (await adapter.Find(id, Context(Reach.All), default))!;
                Assert.Equal((Cwd, prompt, model), (seen.Cwd, seen.Prompt, seen.Model));
                Assert.Equal([id], (await adapter.Names(default)).Select(static name => name.Id));
                Assert.Same(seen, await adapter.Find(id, Context(Reach.All), default));
                var said = new List<TranscriptEntry>();
                await foreach (var entry in adapter.ReadTranscript(id, new TranscriptRange(), default))
                {
                    said.Add(entry);
                }

                Assert.Contains(said, entry => entry.Role == "user" && entry.Text == prompt);
                Assert.DoesNotContain(said, static entry => entry.Text.Length == 0);
                Assert.Equal(adapter is OpenCodeAdapter ? new TokenUsage(10, 5) : null, await adapter.CountTokens(id, default));
            }
        }
    }

    [Theory]
    [InlineData("/usr/bin/node", Cwd, -60, "unknown (probable)")]
    [InlineData("/usr/bin/bash", Cwd, -60, "stopped (vanished)")]
    [InlineData("/usr/bin/node", "/elsewhere", -60, "stopped (vanished)")]
    [InlineData("/usr/bin/node", Cwd, 60, "stopped (vanished)")]
    public async Task Unfinished_turn_is_probable_only_while_a_process_may_work_on_it(string program, string directory, int startedSeconds, string state)
    {
        Pi("""{"role":"user","content":[{"type":"text","text":"again"}]}""");
        processes.Add(77, startedAt: Turn.AddSeconds(startedSeconds), workingDirectory: directory).Program = program;
        using var adapter = new PiAdapter(Environment());
        Assert.Equal(state, await State(adapter, "p-1"));

        // A look at what may be alive finds it by the directories of the living, not by walking over all there ever was.
        var active = await adapter.Discover(Context(Reach.Active), default);
        Assert.Equal(state == "unknown (probable)", active.Sightings.Any(static one => Verdicts(one) == "unknown (probable)"));
    }

    /// <summary>An argument is no proof (decision 0002), but a better guess than a directory.</summary>
    [Theory]
    [InlineData("--session", "p-1", 77)]
    [InlineData("-p", "--session=p-1", 77)]
    [InlineData("-p", "about p-1", 78)]
    public async Task Process_that_names_the_session_is_the_more_probable_one(string option, string value, int pid)
    {
        Pi("""{"role":"user","content":[{"type":"text","text":"again"}]}""");
        processes.Add(77, startedAt: Turn.AddSeconds(-60), workingDirectory: Cwd, argv: ["node", "pi", option, value]).Program = "/usr/bin/node";
        processes.Add(78, startedAt: Turn.AddSeconds(-30), workingDirectory: Cwd, argv: ["node", "x"]).Program = "/usr/bin/node";
        using var adapter = new PiAdapter(Environment());
        var seen = (await adapter.Find("p-1", Context(Reach.All), default))!;
        Assert.Equal("unknown (probable)", Verdicts(seen));
        Assert.StartsWith($"probably pid {pid} ", seen.Facts.HolderEvidence!.Fact, StringComparison.Ordinal);

        // Nor does it make a session that has ended alive.
        Pi("""{"role":"assistant","content":[{"type":"text","text":"hi"}],"model":"m","stopReason":"stop"}""");
        var ended = (await adapter.Find("p-1", Context(Reach.All), default))!;
        Assert.Equal("stopped (done)", Verdicts(ended));
        Assert.Equal(pid == 77, Assert.Single(ended.Facts.NotKnown).Contains("pid 77 ", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_launched_gets_its_prompt_on_its_input()
    {
        using var programs = new ProgramFolder("pi", "gemini", "opencode");
        var environment = programs.Environment();
        foreach (var adapter in (RecordedAdapter[])[new PiAdapter(environment), new GeminiAdapter(environment), new OpenCodeAdapter(environment)])
        {
            using (adapter)
            {
                var plan = ((PlanOutcome.Planned)adapter.Plan(new LaunchWish { Prompt = "@--x", Cwd = Cwd, Resumes = "id-1", Model = "m" }, environment)).Plan;
                Assert.Equal((StdinMode.Text, "@--x"), (plan.Stdin, plan.StdinText));
                Assert.Contains("id-1", plan.Arguments);
                Assert.DoesNotContain("@--x", plan.Arguments);
                Assert.True(((PlanOutcome.Refused)adapter.Plan(new LaunchWish { Prompt = "x", Cwd = Cwd, KeepOpen = true }, environment)).IsUsage);
                Assert.True(((PlanOutcome.Refused)adapter.Plan(new LaunchWish { Prompt = "x", Cwd = Cwd, PermissionMode = "no such" }, environment)).IsUsage);
            }
        }
    }

    private AgentEnvironment Environment() => new(home, new Dictionary<string, string>());

    private DiscoveryContext Context(Reach reach) => new(reach, DateTimeOffset.UnixEpoch, processes);

    private async Task<string> State(RecordedAdapter adapter, string id) => Verdicts((await adapter.Find(id, Context(Reach.All), default))!);

    private static string Verdicts(Sighting sighting)
    {
        var verdict = VerdictRules.Decide(sighting.Facts);
        return $"{verdict.State.Word()} ({verdict.Reason})";
    }

    private void Pi(string newest, string? torn = null) => Write(
        ".pi/agent/sessions/--home-dev-proj--/2026-11-21T01-44-55-734Z_p-1.jsonl",
        $$"""{"type":"session","version":3,"id":"p-1","timestamp":"2026-11-21T01:44:55Z","cwd":"{{Cwd}}"}""",
        """{"type":"message","timestamp":"2026-11-21T01:44:56Z","message":{"role":"user","content":[{"type":"text","text":"do it"}]}}""",
        $$"""{"type":"message","timestamp":"2026-11-21T01:49:45Z","message":{{newest}}}""",
        torn);

    private void Gemini(string newest)
    {
        Write(".gemini/tmp/proj/.project_root", Cwd);
        Write(
            ".gemini/tmp/proj/chats/session-2026-11-21T01-44-9d0cefdc.jsonl",
            """{"sessionId":"9d0cefdc-36e3","projectHash":"a6","startTime":"2026-11-21T01:44:29.034Z","lastUpdated":"2026-11-21T01:44:29.034Z","kind":"main"}""",
            """{"$set":{"messages":[]}}""",
            """{"id":"1","timestamp":"2026-11-21T01:44:29Z","type":"user","content":[{"text":"<session_context>\nnot asked"}]}""",
            """{"id":"2","timestamp":"2026-11-21T01:44:30Z","type":"user","content":[{"text":"hi there"}]}""",
            newest);
    }

    private void OpenCode(string newest) => Sqlite.Create(
        Path.Combine(home, ".local", "share", "opencode", "opencode.db"),
        "create table session (id text primary key, directory text, title text, version text, parent_id text, agent text, model text, cost real, tokens_input integer, tokens_output integer, tokens_cache_read integer, tokens_cache_write integer, time_created integer, time_updated integer)",
        "create table message (id text primary key, session_id text, time_created integer, time_updated integer, data text)",
        "create table part (id text primary key, message_id text, session_id text, time_created integer, time_updated integer, data text)",
        $"insert into session values ('ses_1', '{Cwd}', 'a title', '1.18.33', null, 'build', '{{\"id\":\"fake-model\"}}', 0, 10, 5, 0, 0, 1795224968059, 1795224970256)",
        "insert into message values ('msg_1', 'ses_1', 1795224968059, 1795224968059, '{\"role\":\"user\",\"time\":{\"created\":1}}')",
        "insert into part values ('prt_1', 'msg_1', 'ses_1', 1795224968059, 1795224968059, '{\"type\":\"text\",\"text\":\"do it\"}')",
        $"insert into message values ('msg_2', 'ses_1', 1795224969287, 1795224970256, '{newest}')",
        "insert into part values ('prt_2', 'msg_2', 'ses_1', 1795224970206, 1795224970206, '{\"type\":\"text\",\"text\":\"done\"}')",
        "insert into part values ('prt_3', 'msg_2', 'ses_1', 1795224970237, 1795224970237, '{\"type\":\"step-finish\",\"tokens\":{\"input\":10,\"output\":5,\"cache\":{\"read\":0,\"write\":0}}}')");

    private void OpenCodeFiles(string newest)
    {
        const string Storage = ".local/share/opencode/storage";
        Write($"{Storage}/session/global/ses_1.json", $$$"""{"id":"ses_1","version":"1.1.65","projectID":"global","directory":"{{{Cwd}}}","title":"a title","time":{"created":1795224968059,"updated":1795224968100}}""");
        Write($"{Storage}/message/ses_1/msg_21e924eeb001WjE2.json", """{"id":"msg_21e924eeb001WjE2","role":"user","time":{"created":1795224968059}}""");
        Write($"{Storage}/part/msg_21e924eeb001WjE2/prt_21e924eec001DCWd.json", """{"type":"text","text":"do it"}""");
        Write($"{Storage}/message/ses_1/msg_21e924f42001MU7K.json", """{"id":"msg_21e924f42001MU7K","role":"assistant","time":{"created":1795224968200,"completed":1795224968300},"finish":"stop"}""");
        Write($"{Storage}/part/msg_21e924f42001MU7K/prt_21e92504a001dIsr.json", """{"type":"tool","tool":"bash","state":{"status":"completed","input":{"command":"ls"},"output":"out"}}""");
        Write($"{Storage}/part/msg_21e924f42001MU7K/prt_21e92508f001XS57.json", """{"type":"text","text":"done"}""");
        Write($"{Storage}/part/msg_21e924f42001MU7K/prt_21e925091001RzL7.json", """{"type":"step-finish","tokens":{"input":10,"output":5,"cache":{"read":0,"write":0}}}""");
        Write($"{Storage}/message/ses_1/msg_21e925064001AktA.json", newest);
    }

    private void Write(string path, params string?[] lines)
    {
        var full = Path.Combine(home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, string.Concat(lines.OfType<string>().Select(static line => line + "\n")));
    }
}
