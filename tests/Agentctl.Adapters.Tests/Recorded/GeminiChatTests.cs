using Agentctl.Adapters.Gemini;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>Records as Gemini 0.61 writes them: messages are rewritten, replaced by lists, withdrawn by rewinds, and kept apart for sub-agents.</summary>
public sealed class GeminiChatTests : IDisposable
{
    private const string Id = "9d0cefdc-36e3-4000-8000-000000000001";
    private const string Chats = ".gemini/tmp/shop/chats";
    private const string Cwd = "/home/dev/shop";

    private readonly AgentHome home = new();
    private readonly GeminiAdapter adapter;

    public GeminiChatTests()
    {
        home.Write(".gemini/tmp/shop/.project_root", Cwd);
        adapter = new GeminiAdapter(home.Environment());
    }

    public void Dispose()
    {
        adapter.Dispose();
        home.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Header(string id = Id, string kind = "main", string more = "") =>
        $$"""{"sessionId":"{{id}}","projectHash":"h","startTime":"2026-11-30T10:00:00Z","lastUpdated":"2026-11-30T10:00:00Z","kind":"{{kind}}"{{more}}}""";

    private static string User(string id, string text) => $$"""{"id":"{{id}}","timestamp":"2026-11-30T10:00:01Z","type":"user","content":[{"text":"{{text}}"}]}""";

    private static string Answer(string id, string text, int tokens = 10, string? tool = null) =>
        $$$"""{"id":"{{{id}}}","timestamp":"2026-11-30T10:00:02Z","type":"gemini","content":"{{{text}}}","tokens":{"input":{{{tokens}}},"output":5,"cached":0},"model":"gemini-2.5-flash"{{{(tool is null ? "" : $$""","toolCalls":[{"id":"t","name":"run_shell_command","args":{"command":"make"},"status":"{{tool}}"}]""")}}}}""";

    private const string Rewind = """{"$rewindTo":"3"}""";
    private const string Touch = """{"$set":{"lastUpdated":"2026-11-30T10:01:00Z"}}""";

    private void Chat(params string[] records) => home.Write($"{Chats}/session-2026-11-30T10-00-9d0cefdc.jsonl", [Header(), .. records]);

    private async Task<Sighting> Session(string id = Id) => Assert.IsType<Sighting>(await home.Find(adapter, id, Stop));

    private async Task<string[]> Said() => [.. (await AgentHome.Entries(adapter, Id, Stop)).Select(static entry => $"{entry.Role}: {entry.Text}")];

    [Fact]
    public async Task Turns_that_were_withdrawn_decide_nothing_and_stay_paid()
    {
        Chat(User("1", "kept question"), Answer("2", "kept answer"), User("3", "taken back"), Answer("4", "", 1000, "executing"), Rewind, Touch);

        Assert.Equal("stopped (done)", AgentHome.State(await Session()));
        Assert.Equal(["user: kept question", "assistant: kept answer"], await Said());
        Assert.Equal(new TokenUsage(1010, 10), await adapter.CountTokens(Id, Stop));
    }

    /// <summary>Such a file stays behind for the conversation that the CLI begins before an ACP client opens its own, and for every resume.</summary>
    [Fact]
    public async Task Context_that_nobody_asked_about_is_no_turn()
    {
        Chat($$$"""{"$set":{"messages":[{{{User("c", "<session_context>\\nThis is the Gemini CLI.")}}}]}}""");
        Assert.Equal("stopped (never-run)", AgentHome.State(await Session()));

        Chat(User("1", "question"), Answer("2", "answer"));
        home.Write($"{Chats}/session-2026-11-30T10-05-9d0cefdc.jsonl", Header(), $$$"""{"$set":{"messages":[{{{User("c", "<session_context>\\nThis is the Gemini CLI.")}}}]}}""");
        Assert.Equal("stopped (done)", AgentHome.State(await Session()));
    }

    [Fact]
    public async Task A_rewind_removes_every_version_of_what_it_withdraws()
    {
        Chat(User("1", "first"), Answer("2", "one"), User("3", "second"), Answer("4", "", 10, "executing"), Answer("4", "two", 10, "success"), Rewind, User("5", "third"));

        Assert.Equal(["user: first", "assistant: one", "user: third"], await Said());
    }

    [Fact]
    public async Task A_rewind_to_a_message_that_is_not_there_withdraws_all()
    {
        Chat(User("1", "first"), Answer("2", "one"), """{"$rewindTo":"gone"}""", User("5", "anew"), Answer("6", "yes"));

        Assert.Equal(["user: anew", "assistant: yes"], await Said());
    }

    [Fact]
    public async Task A_message_that_was_rewritten_is_one_message()
    {
        Chat(
            User("1", "build it"), Answer("2", "", 1000), Answer("2", "", 1000, "validating"), Answer("2", "", 1000, "executing"), Answer("2", "", 1000, "success"),
            """{"id":"3","type":"user","content":[{"functionResponse":{"id":"t","name":"run_shell_command","response":{"output":"ok"}}}]}""", Answer("4", "built", 2000));

        Assert.Equal(["user: build it", "tool: {\"command\":\"make\"}", "assistant: built"], await Said());
        Assert.Equal(new TokenUsage(3000, 10), await adapter.CountTokens(Id, Stop));
    }

    [Fact]
    public async Task Tokens_of_all_entries_are_the_tokens_of_the_session()
    {
        Chat(User("1", "build it"), Answer("2", "", 1000, "success"), Answer("4", "built", 2000));

        var entries = await AgentHome.Entries(adapter, Id, Stop);

        Assert.Equal(await adapter.CountTokens(Id, Stop), entries.Select(static entry => entry.Tokens).OfType<TokenUsage>().Aggregate(static (sum, used) => sum + used));
    }

    [Theory]
    [InlineData("stopped (done)", "user: in the list|assistant: yes")]
    [InlineData("stopped (done)", "user: in the list|assistant: yes|user: later|assistant: of course", true)]
    public async Task A_conversation_in_a_list_is_read(string state, string said, bool goesOn = false)
    {
        Chat([$$$"""{"$set":{"messages":[{{{User("1", "in the list")}}},{{{Answer("2", "yes", 1000)}}}]}}""", .. goesOn ? [User("3", "later"), Answer("4", "of course")] : (string[])[]]);

        var session = await Session();

        Assert.Equal((state, "in the list", "gemini-2.5-flash"), (AgentHome.State(session), session.Prompt, session.Model));
        Assert.Equal(said.Split('|'), await Said());
    }

    [Fact]
    public async Task A_list_replaces_what_stood_before_it()
    {
        Chat(User("1", "old"), Answer("2", "older answer"), $$$"""{"$set":{"messages":[{{{User("1", "old")}}}]}}""");

        Assert.Equal("stopped (vanished)", AgentHome.State(await Session()));
        Assert.Equal(["user: old"], await Said());
    }

    [Fact]
    public async Task A_sub_agent_is_a_session_with_a_parent()
    {
        const string Sub = "cccc0001-0000-4000-8000-000000000001";
        Chat(User("1", "delegate"), Answer("2", "done"));
        home.Write($"{Chats}/{Id}/{Sub}.jsonl", Header(Sub, "subagent"), User("1", "sub task"), Answer("2", "sub answer", 50_000));

        var session = await Session(Sub);

        Assert.Equal((Id, "subagent", Cwd, "sub task"), (session.Meta["parent"], session.Meta["kind"], session.Cwd, session.Prompt));
        Assert.Equal(new TokenUsage(50_000, 5), await adapter.CountTokens(Sub, Stop));
        Assert.Equal([Id, Sub], (await home.Discover(adapter, Stop)).Sightings.Select(static one => one.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_chat_of_a_version_before_0_58_is_one_document()
    {
        home.Write($"{Chats}/session-2026-11-30T10-00-9d0cefdc.json", Header(more: $$""","messages":[{{User("1", "long ago")}},{{Answer("2", "yes", 40)}}]"""));

        var session = await Session();

        Assert.Equal(("stopped (done)", "long ago", Cwd), (AgentHome.State(session), session.Prompt, session.Cwd));
        Assert.Equal(["user: long ago", "assistant: yes"], await Said());
        Assert.Equal(new TokenUsage(40, 5), await adapter.CountTokens(Id, Stop));
    }

    [Fact]
    public async Task A_first_prompt_behind_a_picture_is_found()
    {
        Chat($$$"""{"id":"1","timestamp":"2026-11-30T10:00:01Z","type":"user","content":[{"inlineData":{"data":"{{{new string('A', 3 << 20)}}}"}},{"text":"what is this?"}]}""", Answer("2", "a cat"));

        Assert.Equal("what is this?", (await Session()).Prompt);
    }

    [Fact]
    public async Task A_pipe_or_an_endless_file_in_place_of_the_project_root_costs_the_directory_only()
    {
        Chat(User("1", "hi"), Answer("2", "yes"));
        var root = System.IO.Path.Combine(home.Path, ".gemini/tmp/shop/.project_root");
        File.Delete(root);
        File.CreateSymbolicLink(root, "/dev/zero");

        var session = await Session().WaitAsync(TimeSpan.FromSeconds(60), Stop);

        Assert.Equal(("stopped (done)", (string?)null), (AgentHome.State(session), session.Cwd));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"id\":\"1\",\"type\":\"user\",\"content\":[{\"text\":\"hi\"}]}\n")]
    [InlineData("{\"sessionId\":\"00000000-36e3-4000-8000-000000000001\"}\n")]
    [InlineData("\0\0\0\n")]
    public async Task A_chat_that_does_not_tell_its_session_is_named(string content)
    {
        File.WriteAllText(home.Write($"{Chats}/session-2026-11-30T10-00-9d0cefdc.jsonl"), content);

        var answer = await home.Discover(adapter, Stop);

        Assert.Empty(answer.Sightings);
        Assert.Contains("session-2026-11-30T10-00-9d0cefdc.jsonl", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_share_a_line_are_both_read()
    {
        Chat(User("1", "hi") + Answer("2", "yes"));

        Assert.Equal(["user: hi", "assistant: yes"], await Said());
    }
}
