using Agentctl.Adapters.ClaudeCode;
using Agentctl.Core;
using Agentctl.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>What is looked at and what is not, what cannot be read, what is given again.</summary>
public sealed class LookingTests : IDisposable
{
    private readonly ClaudeFolder claude = new();

    public void Dispose() => claude.Dispose();

    [Fact]
    public async Task Without_Claude_there_is_nothing_and_no_error()
    {
        Assert.Equal(AdapterAnswer.Nothing, await claude.Discover());
        Assert.Empty(await claude.Adapter.Names(TestContext.Current.CancellationToken));
        Assert.Null(await claude.Adapter.Find(Ids.Finished, claude.Context(), TestContext.Current.CancellationToken));
        Assert.Null(await claude.Adapter.CountTokens(Ids.Finished, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task W54_CLAUDE_CONFIG_DIR_moves_everything()
    {
        claude.Transcript(Ids.Finished);
        using var adapter = new ClaudeCodeAdapter(new AgentEnvironment("/nowhere", new Dictionary<string, string> { ["CLAUDE_CONFIG_DIR"] = claude.PathOf() }), ClaudeFolder.MachineId);
        Assert.Single((await adapter.Discover(claude.Context(), TestContext.Current.CancellationToken)).Sightings);
    }

    [Theory]
    [InlineData(".claude")]
    [InlineData(".claude/sessions")]
    public async Task A_place_that_cannot_be_read_is_no_empty_answer(string place)
    {
        // A link to itself cannot be looked into, not even by root.
        var path = Path.Combine(claude.Home, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, path);
        var failure = await Assert.ThrowsAsync<CannotLookException>(() => claude.Discover());
        Assert.Contains("~/" + place, failure.Message);
    }

    [Fact]
    public async Task A_corrupt_transcript_is_named_once_and_the_rest_is_shown()
    {
        claude.Transcript(Ids.Finished);
        claude.Transcript("corrupt", "\u0001\u0002", "garbage");
        var answer = await claude.Discover();
        Assert.Equal(Ids.Finished, Assert.Single(answer.Sightings).Id);
        Assert.Contains("~/.claude/projects/-home-dev-proj/corrupt.jsonl", Assert.Single(answer.Problems));
    }

    [Theory]
    [InlineData(120, "")]
    [InlineData(int.MaxValue, "8201}")]
    public async Task A_torn_registry_file_of_a_living_process_is_named_and_its_session_is_not_stopped(int length, string rest)
    {
        claude.Transcript(Ids.KilledInATurn);
        claude.Processes.Add(8663, startTicks: 169251);
        claude.Write(ClaudeFolder.RecordedRegistryFile[..Math.Min(length, ClaudeFolder.RecordedRegistryFile.Length)] + rest, "sessions", "8663.json");
        foreach (var reach in Enum.GetValues<Reach>())
        {
            var answer = await claude.Discover(reach);
            Assert.Equal(SessionState.Unknown, Session.From(Assert.Single(answer.Sightings)).State);
            Assert.Contains("~/.claude/sessions/8663.json", Assert.Single(answer.Problems));
        }
    }

    [Fact]
    public async Task An_unfinished_session_is_unknown_while_a_living_process_does_not_tell_which_it_runs()
    {
        claude.Transcript(Ids.KilledInATurn);
        claude.Transcript(Ids.Finished);
        claude.Processes.Add(8663, startTicks: 169251);
        claude.Write("", "sessions", "8663.json");
        Assert.Equal((SessionState.Unknown, Reasons.Unreadable), ((await claude.The(Ids.KilledInATurn)).State, (await claude.The(Ids.KilledInATurn)).Verdict.Reason));
        Assert.Equal(SessionState.Stopped, (await claude.The(Ids.Finished)).State);
    }

    [Fact]
    public async Task What_is_over_is_not_opened_when_only_the_living_are_asked_for()
    {
        claude.Transcript("corrupt", "garbage");
        claude.Transcript(Ids.Finished);
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, "idle");
        var answer = await claude.Discover(Reach.Active);
        Assert.Equal((Ids.Finished, "SAY hello there"), (Assert.Single(answer.Sightings).Id, answer.Sightings[0].Prompt));
        Assert.Empty(answer.Problems);
    }

    [Fact]
    public async Task The_record_of_a_dead_process_is_not_opened_when_only_the_living_are_asked_for()
    {
        claude.Transcript("corrupt", "garbage");
        claude.Register(4711, "corrupt");
        Assert.Empty((await claude.Discover(Reach.Active)).Problems);
    }

    [Fact]
    public async Task What_ended_before_the_window_is_not_opened()
    {
        File.SetLastWriteTimeUtc(claude.Transcript("corrupt", "garbage"), DateTime.UtcNow.AddDays(-8));
        Assert.Empty((await claude.Discover(since: DateTimeOffset.UtcNow.AddDays(-7))).Problems);
    }

    [Fact]
    public async Task What_a_dead_process_left_before_the_window_is_not_given()
    {
        claude.Register(4711, Ids.KilledInATurn);
        Assert.Single((await claude.Discover()).Sightings);
        Assert.Empty((await claude.Discover(since: ClaudeFolder.StatusAt.AddSeconds(1))).Sightings);
    }

    [Fact]
    public async Task A_living_session_is_given_whatever_its_age()
    {
        File.SetLastWriteTimeUtc(claude.Transcript(Ids.Finished), DateTime.UtcNow.AddDays(-80));
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, "idle");
        Assert.Equal("SAY hello there", Assert.Single((await claude.Discover(since: DateTimeOffset.UtcNow)).Sightings).Prompt);
    }

    [Fact]
    public async Task An_unchanged_session_is_the_same_instance_and_a_changed_one_is_not()
    {
        var path = claude.Transcript(Ids.Finished);
        claude.Transcript(Ids.TwoBlocks);
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.TwoBlocks, "idle");
        var (ended, living) = ((await claude.The(Ids.Finished)).Sighting, (await claude.The(Ids.TwoBlocks)).Sighting);
        Assert.Same(ended, (await claude.The(Ids.Finished)).Sighting);
        Assert.Same(living, (await claude.The(Ids.TwoBlocks)).Sighting);
        Assert.Same(living, (await claude.The(Ids.TwoBlocks, Reach.Active)).Sighting);
        Assert.Same(ended, await claude.Adapter.Find(Ids.Finished, claude.Context(), TestContext.Current.CancellationToken));

        File.AppendAllText(path, """{"type":"ai-title","aiTitle":"new"}""" + "\n");
        claude.Register(4711, Ids.TwoBlocks, "busy");
        Assert.Equal("new", (await claude.The(Ids.Finished)).Sighting.Meta["title"]);
        Assert.Equal(SessionState.Running, (await claude.The(Ids.TwoBlocks)).State);
    }

    [Fact]
    public async Task A_session_is_found_by_its_full_id_in_any_folder()
    {
        claude.Transcript(Ids.Finished);
        claude.Write(File.ReadAllText(claude.Transcript(Ids.TwoBlocks)).Replace(Ids.TwoBlocks, Ids.Forked), "projects", "-elsewhere", Ids.Forked + ".jsonl");
        claude.Transcript("corrupt", "garbage");
        Assert.Equal(Ids.Finished, (await Find(Ids.Finished))?.Id);
        Assert.Equal(Ids.Forked, (await Find(Ids.Forked))?.Id);
        Assert.Null(await Find("2a0e5465"));
        Assert.Null(await Find("../-home-dev-proj/" + Ids.Finished));
        Assert.Null(await Find(""));
    }

    [Fact]
    public async Task Names_come_from_file_names_and_the_registry_alone()
    {
        claude.Transcript(Ids.WithSubAgent);
        claude.Transcript("agent-0011", "{}");
        claude.Transcript("corrupt", "garbage");
        claude.Register(4711, Ids.Finished);
        var names = await claude.Adapter.Names(TestContext.Current.CancellationToken);
        Assert.Equal(new[] { Ids.WithSubAgent, Ids.Finished, "corrupt" }.Order(), names.Select(name => name.Name).Order());
    }

    [Fact]
    public async Task Watching_tells_of_appended_records_and_registered_processes()
    {
        var path = claude.Transcript(Ids.Finished);
        claude.PathOf("sessions", "x");
        claude.PathOf("jobs", "x");
        var calls = 0;
        using var watch = claude.Adapter.Watch(() => Interlocked.Increment(ref calls));
        await claude.Discover();
        await AfterCall(() => File.AppendAllText(path, """{"type":"ai-title","aiTitle":"new"}""" + "\n"));
        Assert.Equal("new", (await claude.The(Ids.Finished)).Sighting.Meta["title"]);
        await AfterCall(() => claude.Register(4711, Ids.TwoBlocks));
        await AfterCall(() => claude.Background(Ids.TwoBlocks));

        async Task AfterCall(Action change)
        {
            var before = Volatile.Read(ref calls);
            change();
            await Eventually.True("a call", TimeSpan.FromSeconds(10), () => Volatile.Read(ref calls) > before);
        }
    }

    [Fact]
    public async Task Doctor_names_stale_files_and_counts()
    {
        claude.Transcript(Ids.Finished);
        claude.Register(4194303, Ids.Finished, pidDomain: null);
        var diagnosis = await claude.Adapter.Diagnose(TestContext.Current.CancellationToken);
        Assert.Contains(diagnosis.Places, place => place is { Path: "~/.claude/projects", Found: "1 transcript" });
        Assert.Contains(diagnosis.Places, place => place is { Path: "~/.claude/sessions", Found: "0 alive, 1 stale, 0 that cannot be told" });
        Assert.Contains("~/.claude/sessions/4194303.json", Assert.Single(diagnosis.Problems));
    }

    [Fact]
    public void A_cut_transcript_never_throws_and_never_runs()
    {
        var whole = File.ReadAllBytes(claude.Transcript(Ids.TwoBlocks));
        Prop.ForAll(Gen.Choose(0, whole.Length).ToArbitrary(), length =>
        {
            File.WriteAllBytes(claude.PathOf("projects", "-home-dev-proj", Ids.TwoBlocks + ".jsonl"), whole[..length]);
            var answer = claude.Discover().GetAwaiter().GetResult();
            return answer.Sightings.All(sighting => Session.From(sighting).State is SessionState.Stopped or SessionState.Error);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_cut_registry_file_never_throws_never_revives_the_dead_and_never_ends_the_living()
    {
        var whole = ClaudeFolder.RecordedRegistryFile;
        var path = claude.Write(whole, "sessions", "8663.json");
        claude.Transcript(Ids.KilledInATurn);
        Prop.ForAll(Gen.Choose(0, whole.Length - 1).ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (length, lives) =>
        {
            claude.Processes.Remove(8663);
            if (lives)
            {
                claude.Processes.Add(8663, startTicks: 169251);
            }

            File.WriteAllText(path, whole[..length]);
            // Written long ago: nobody is just writing it.
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
            var state = claude.The(Ids.KilledInATurn).GetAwaiter().GetResult().State;
            return lives ? state == SessionState.Unknown : state == SessionState.Stopped;
        }).QuickCheckThrowOnFailure();
    }

    private Task<Sighting?> Find(string id) => claude.Adapter.Find(id, claude.Context(), TestContext.Current.CancellationToken);
}
