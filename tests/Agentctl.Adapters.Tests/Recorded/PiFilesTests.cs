using Agentctl.Adapters.Pi;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>Files as Pi 0.87 writes them.</summary>
public sealed class PiFilesTests : IDisposable
{
    private const string Id = "01a20000-0000-7000-8000-000000000001";
    private const string Sessions = ".pi/agent/sessions";

    private readonly AgentHome home = new();
    private readonly PiAdapter adapter;

    public PiFilesTests() => adapter = new PiAdapter(home.Environment());

    public void Dispose()
    {
        adapter.Dispose();
        home.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Header(string cwd) => $$"""{"type":"session","version":3,"id":"{{Id}}","timestamp":"2026-11-30T01:00:00Z","cwd":"{{cwd.Replace("\\", "\\\\", StringComparison.Ordinal)}}"}""";

    private static string User(string text) => $$$"""{"type":"message","timestamp":"2026-11-30T01:00:01Z","message":{"role":"user","content":[{"type":"text","text":"{{{text}}}"}]}}""";

    private static string Answer(string content, int tokens, string stop) =>
        $$$"""{"type":"message","timestamp":"2026-11-30T01:00:02Z","message":{"role":"assistant","content":[{{{content}}}],"model":"fake-model","usage":{"input":{{{tokens}}},"output":5,"cacheRead":0,"cacheWrite":0},"stopReason":"{{{stop}}}"}}""";

    private const string Call = """{"type":"toolCall","id":"c","name":"bash","arguments":{"command":"ls"}}""";
    private const string Text = """{"type":"text","text":"all done"}""";

    private void Write(string folder, params string[] records) => home.Write($"{Sessions}/{folder}/2026-11-30T01-00-00-000Z_{Id}.jsonl", records);

    [Fact]
    public async Task Answers_that_only_call_tools_are_counted()
    {
        Write("--w--", Header("/w"), User("tools"), Answer(Call, 1000, "toolUse"), Answer($"{Call},{Call}", 2000, "toolUse"), Answer(Text, 4000, "stop"));

        Assert.Equal(new TokenUsage(7000, 15), await adapter.CountTokens(Id, Stop));
        Assert.Equal(7000, (await AgentHome.Entries(adapter, Id, Stop)).Sum(static entry => entry.Tokens?.In ?? 0));
    }

    [Fact]
    public async Task Numbers_that_cannot_be_true_count_as_none()
    {
        Write("--w--", Header("/w"), User("x"), Answer(Text, 10, "stop"), Answer(Text, -5, "stop").Replace("\"output\":5", "\"output\":99999999999999999999", StringComparison.Ordinal));

        Assert.Equal(new TokenUsage(10, 5), await adapter.CountTokens(Id, Stop));
    }

    [Fact]
    public async Task A_file_without_a_header_is_known_by_its_name()
    {
        Write("--w--", Answer(Text, 10, "stop"), User("and then"), Answer(Text, 10, "stop"));

        var session = Assert.IsType<Sighting>(await home.Find(adapter, Id, Stop));

        Assert.Equal(("stopped (done)", "and then", "/w"), (AgentHome.State(session), session.Prompt, session.Cwd));
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 1, 0, 0, TimeSpan.Zero), session.StartedAt);
        Assert.Equal(Id, Assert.Single((await home.Discover(adapter, Stop)).Sightings).Id);
    }

    /// <summary>The name of a folder tells its directory where exactly one that exists has that name; several do when one of them holds a hyphen.</summary>
    [Theory]
    [InlineData(new[] { "one/two" }, "one/two")]
    [InlineData(new[] { "with-hyphen/two" }, "with-hyphen/two")]
    [InlineData(new[] { "--odd/a:b" }, "--odd/a:b")]
    [InlineData(new[] { "one/two", "one-two" }, null)]
    [InlineData(new string[0], null)]
    public async Task A_file_without_a_header_has_the_directory_that_its_folder_stands_for(string[] existing, string? expected)
    {
        var root = Path.Combine(home.Path, "projects");
        foreach (var one in existing)
        {
            Directory.CreateDirectory(Path.Combine(root, one));
        }

        var folder = PiPlace.FolderOf(Path.Combine(root, expected ?? "one/two"));
        Write(folder, User("and then"), Answer(Text, 10, "stop"));

        var answer = await home.Discover(adapter, Stop);

        Assert.Equal(expected is null ? null : Path.Combine(root, expected), Assert.Single(answer.Sightings).Cwd);
        Assert.Equal(expected is null ? 1 : 0, answer.Problems.Count);
        Assert.All(answer.Problems, problem => Assert.Contains($"{folder}/2026-11-30T01-00-00-000Z_{Id}.jsonl has no header that tells a directory", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_of_something_else_is_no_session()
    {
        Write("--w--", """{"type":"log","text":"x"}""");

        var answer = await home.Discover(adapter, Stop);

        Assert.Empty(answer.Sightings);
        Assert.EndsWith("holds no record of a session; it is left out", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\ufeff", "")]
    [InlineData("", "\0\0\0")]
    [InlineData("", "{\"type\":\"label\"}")]
    [InlineData("{\"type\":\"sess", "")]
    public async Task Damage_around_a_record_costs_at_most_that_record(string before, string after)
    {
        Write("--w--", before + Header("/w"), User("do it") + after, Answer(Text, 10, "stop"));

        var session = Assert.Single((await home.Discover(adapter, Stop)).Sightings);

        Assert.Equal((Id, "/w", "stopped (done)", "do it"), (session.Id, session.Cwd, AgentHome.State(session), session.Prompt));
    }

    [Fact]
    public async Task A_damaged_record_is_named_with_its_line_every_time()
    {
        Write("--w--", Header("/w"), User("do it"), "{ torn", Answer(Text, 10, "stop"));

        for (var look = 0; look < 2; look++)
        {
            var answer = await home.Discover(adapter, Stop);

            Assert.Equal("stopped (done)", AgentHome.State(Assert.Single(answer.Sightings)));
            Assert.Contains($"_{Id}.jsonl, line 3: ", Assert.Single(answer.Problems), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/home/dev/a:b", "--home-dev-a-b--")]
    [InlineData("/home/dev/a\\b", "--home-dev-a-b--")]
    [InlineData("/home/dev/proj", "--home-dev-proj--")]
    public async Task A_living_process_is_found_in_any_directory(string cwd, string folder)
    {
        Write(folder, Header(cwd), User("running now"));
        home.Processes.Add(7, startedAt: new DateTimeOffset(2026, 11, 30, 0, 59, 0, TimeSpan.Zero), workingDirectory: cwd).Program = "/usr/bin/node";

        var answer = await adapter.Discover(new DiscoveryContext(Reach.Active, DateTimeOffset.UnixEpoch, home.Processes), Stop);

        Assert.Equal("unknown (probable)", AgentHome.State(Assert.Single(answer.Sightings)));
    }
}
