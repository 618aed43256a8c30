using Agentctl.Adapters.Gemini;
using Agentctl.Adapters.OpenCode;
using Agentctl.Adapters.Pi;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>Lines as OpenCode 1.18, Pi 0.87 and Gemini 0.61 wrote them, cut short.</summary>
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

    private void Write(string path, params string?[] lines)
    {
        var full = Path.Combine(home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, string.Concat(lines.OfType<string>().Select(static line => line + "\n")));
    }
}
