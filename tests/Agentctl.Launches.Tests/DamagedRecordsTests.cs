using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Launches.Tests;

/// <summary>Our own records lie where agents can write: whatever is in them costs that one record, and what cannot be read counts as alive.</summary>
public sealed class DamagedRecordsTests : IDisposable
{
    private readonly Home home = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly string[] OddValues =
    [
        "null", "-1", "1e400", "\"\"", "\"\\u0000\"", "\"../../victim\"", "\"\\ud83d\"", "[null]", "{\"a\":null}", "\"0001-01-01T00:00:00Z\"",
    ];

    private static readonly byte[][] OddContents =
    [
        [], "null"u8.ToArray(), "[]"u8.ToArray(), "{"u8.ToArray(), "{}"u8.ToArray(), new byte[64], [0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'],
        [.. "{\"id\":\""u8, 0xFF, 0xC0, .. "\"}"u8], Encoding.UTF8.GetBytes(new string('[', 5000)), "{\"id\":\"a\",\"id\":\"b\"}\r\n"u8.ToArray(),
    ];

    public static TheoryData<string> Records => new(LaunchFiles.Launch, LaunchFiles.Agent, LaunchFiles.Exit, LaunchFiles.Session, LaunchFiles.Stop, LaunchFiles.Queued);

    [Theory]
    [MemberData(nameof(Records))]
    public async Task Any_value_in_any_key_of_a_record_costs_that_record_alone(string file)
    {
        using var one = new Home();
        using var victim = Victim(one);
        var innocent = one.Lay(static record => record with { Cwd = "/innocent" });
        using var held = one.Hold(innocent);
        var mutations = 0;
        foreach (var mutated in Mutations(file))
        {
            var damaged = Lay(one, file, mutated);

            await AskEverything(one);

            Assert.Contains(one.Store.Live([]), launch => launch.Id == innocent.Id && launch.IsHeld);
            Assert.All(one.Store.All([]), launch => Assert.True(LaunchId.IsOne(launch.Id)));
            Assert.True(Directory.Exists(one.Places.Of(innocent.Id)), "another launch was removed");
            Assert.True(File.Exists(victim.Path), "something outside was removed");
            OwnDirectory.Delete(one.Places.Launches, damaged);
            File.Delete(one.Places.LiveMarker(damaged));
            mutations++;
        }

        Assert.True(mutations > 20);
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void What_lives_with_a_damaged_record_is_listed_as_alive_and_named_once(string file)
    {
        foreach (var content in OddContents)
        {
            using var one = new Home();
            var record = one.Lay(agent: StandingTests.Gone);
            using var shim = one.Hold(record);
            File.WriteAllBytes(Path.Combine(one.Places.Of(record.Id), file), content);

            var problems = new List<string>();
            var launch = Assert.Single(one.Undertaker.Attend(one.Store.Live(problems), ProcessTable.Take()));

            Assert.Equal((record.Id, true), (launch.Id, launch.IsHeld || launch.IsQueued));
            if (LaunchFolder.TryRead(one.Places.Of(record.Id), file, LaunchJson.Default.LaunchRecord, out _) is null && file == LaunchFiles.Launch)
            {
                Assert.Contains(file, Assert.Single(problems), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("../../victim")]
    [InlineData("/etc")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".")]
    public void Id_inside_a_record_is_never_a_path(string id)
    {
        using var victim = Victim(home);
        var record = home.Lay(exit: new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = home.Clock.GetUtcNow() - TimeSpan.FromDays(30) });
        var other = home.Lay();
        using var held = home.Hold(other);
        Rewrite(record.Id, LaunchFiles.Launch, json => json["id"] = id);

        var problems = new List<string>();
        Assert.Contains(home.Store.All(problems), launch => launch.Id == record.Id);
        Prune(home);

        Assert.Contains(problems, problem => problem.Contains("names another launch", StringComparison.Ordinal));
        Assert.False(Directory.Exists(home.Places.Of(record.Id)), "the record's own directory has expired");
        Assert.True(Directory.Exists(home.Places.Of(other.Id)));
        Assert.True(File.Exists(victim.Path));
        Assert.True(Directory.Exists(home.Path));
    }

    /// <summary>An id in the form of a provisional one would be the name of another launch.</summary>
    [Theory]
    [InlineData("@0k3n8v4w2r7p")]
    [InlineData("a\nb")]
    [InlineData(" a")]
    public void Session_id_that_no_agent_may_report_is_ignored_and_named(string id)
    {
        var record = home.Lay(agent: StandingTests.Gone);
        using var held = home.Hold(record);
        File.WriteAllBytes(Path.Combine(home.Places.Of(record.Id), LaunchFiles.Session), JsonSerializer.SerializeToUtf8Bytes(new ToldRecord(id), LaunchJson.Default.ToldRecord));

        var launch = Assert.Single(home.Undertaker.Attend(home.Store.Live([]), ProcessTable.Take()));

        Assert.Null(launch.SessionId);
        Assert.Contains(LaunchFiles.Session, launch.Told!.Problem, StringComparison.Ordinal);
    }

    /// <summary>What an agent reports about itself is no reason to call a removal incomplete.</summary>
    [Fact]
    public void Ignored_session_id_is_a_note_and_an_unreadable_record_is_a_problem()
    {
        var ended = new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = home.Clock.GetUtcNow() };
        var reporting = home.Lay(exit: ended);
        File.WriteAllBytes(Path.Combine(home.Places.Of(reporting.Id), LaunchFiles.Session), JsonSerializer.SerializeToUtf8Bytes(new ToldRecord("@0k3n8v4w2r7p"), LaunchJson.Default.ToldRecord));
        var unreadable = home.Lay(exit: ended);
        File.WriteAllText(Path.Combine(home.Places.Of(unreadable.Id), LaunchFiles.Launch), "{");

        var (problems, notes) = (new List<string>(), new List<string>());
        Assert.Equal(2, home.Store.All(problems, notes).Count);

        Assert.StartsWith($"launch {reporting.Id}: ", Assert.Single(notes), StringComparison.Ordinal);
        Assert.StartsWith($"launch {unreadable.Id}: ", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Id_of_a_living_launch_inside_a_record_does_not_remove_that_launch()
    {
        var living = home.Lay();
        using var held = home.Hold(living);
        var record = home.Lay(exit: new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = home.Clock.GetUtcNow() - TimeSpan.FromDays(30) });
        Rewrite(record.Id, LaunchFiles.Launch, json => json["id"] = living.Id);

        Prune(home);

        Assert.True(File.Exists(Path.Combine(home.Places.Of(living.Id), LaunchFiles.Launch)));
        Assert.True(File.Exists(home.Places.LiveMarker(living.Id)));
        Assert.False(Directory.Exists(home.Places.Of(record.Id)));
    }

    [Fact]
    public void Launch_directory_that_is_a_link_is_not_read_and_not_emptied()
    {
        using var victim = Victim(home);
        var id = LaunchId.New();
        Directory.CreateDirectory(home.Places.Launches);
        Directory.CreateDirectory(home.Places.Live);
        Directory.CreateSymbolicLink(home.Places.Of(id), Path.GetDirectoryName(victim.Path)!);
        File.WriteAllBytes(home.Places.LiveMarker(id), []);

        var problems = new List<string>();
        var launch = Assert.Single(home.Undertaker.Attend(home.Store.Live(problems), ProcessTable.Take()));
        Prune(home);

        Assert.Equal((id, true, true), (launch.Id, launch.IsHeld, launch.Remains!.CannotTell));
        Assert.Contains("symbolic link", Assert.Single(problems), StringComparison.Ordinal);
        Assert.True(File.Exists(victim.Path));
    }

    [Fact]
    public void Launch_whose_lease_is_a_link_is_unknown_and_holds_its_directory_and_slot()
    {
        var record = home.Lay(static one => one with { Cwd = "/held" }, agent: StandingTests.Gone);
        var lease = Path.Combine(home.Places.Of(record.Id), LaunchFiles.Lease);
        File.Delete(lease);
        File.CreateSymbolicLink(lease, "/dev/null");

        var problems = new List<string>();
        var launch = Assert.Single(home.Undertaker.Attend(home.Store.Live(problems), ProcessTable.Take()));

        Assert.Equal((true, true, null), (launch.IsHeld, launch.Remains!.CannotTell, launch.Exit));
        Assert.Contains(LaunchFiles.Lease, Assert.Single(problems), StringComparison.Ordinal);
        var wanted = record with { Id = LaunchId.New() };
        var rules = new AdmissionRules(new LaunchLimits(1, new Dictionary<string, int>(), new Dictionary<string, int>()), DirectoryRule.Exact, []);
        Assert.IsType<Refusal.NoSlot>(rules.Decide(wanted, [launch], force: false, out _));
        Assert.IsType<Refusal.DirectoryInUse>((rules with { Limits = LaunchLimits.None }).Decide(wanted, [launch], force: false, out _));
        Assert.True(File.Exists(home.Places.LiveMarker(record.Id)));
    }

    [Fact]
    public void Launch_whose_record_cannot_be_read_ends_when_its_end_is_recorded_and_its_lease_is_free()
    {
        var record = home.Lay(agent: StandingTests.Gone, exit: new ExitRecord { How = ExitHows.Exited, ExitCode = 3, EndedAt = Home.Then });
        File.WriteAllBytes(Path.Combine(home.Places.Of(record.Id), LaunchFiles.Launch), new byte[10]);

        var launch = home.Undertaker.Attend(home.Store.Find(record.Id)!, ProcessTable.Take());

        Assert.Equal((false, 3, Launch.UnknownAdapter), (launch.IsHeld, launch.Exit!.ExitCode, launch.Record.Adapter));
    }

    [Fact]
    public void Damaged_directory_lock_keeps_its_directory_locked()
    {
        Assert.Null(home.Locks.TryTake(new DirectoryLockRecord("/work", "ann", Home.Then, "boot")));
        var path = Directory.GetFiles(home.Places.Locks, "*.json").Single();
        foreach (var content in OddContents.Append("{\"directory\":null,\"by\":\"ann\",\"lockedAt\":\"2026-11-21T12:00:00Z\",\"bootId\":\"b\"}"u8.ToArray()))
        {
            File.WriteAllBytes(path, content);
            var problems = new List<string>();
            Assert.Empty(home.Locks.Held(problems));
            Assert.Contains(path, Assert.Single(problems), StringComparison.Ordinal);
            var rules = new AdmissionRules(LaunchLimits.None, DirectoryRule.Tree, []) { UnreadableLocks = home.Locks.Unreadable() };
            Assert.IsType<Refusal.LockUnreadable>(rules.Conflict("/work", []));
            Assert.IsType<Refusal.LockUnreadable>(rules.Conflict("/work/inside", []));
            Assert.Null((rules with { Rule = DirectoryRule.Exact }).Conflict("/work/inside", []));
            Assert.Null(rules.Conflict("/elsewhere", []));
            Assert.Empty(home.Locks.Expired());
        }
    }

    [Fact]
    public void Lease_of_a_command_that_has_ended_expires_and_a_held_one_does_not()
    {
        var (lease, _) = home.Locks.TryHold(new DirectoryLockRecord("/work", "ann", Home.Then, "boot", Command: "make"));
        Assert.Empty(home.Locks.Expired());
        lease!.Dispose();
        File.Delete(Directory.GetFiles(home.Places.Locks, "*.json").Single());

        Assert.EndsWith(".lease", Assert.Single(home.Locks.Expired()).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuse_that_cannot_be_read_does_not_hide_another()
    {
        var fuses = new DirectoryFuses(home.Places, home.Clock);
        fuses.Set(new FuseRow("/a", 1000, home.Clock.GetUtcNow(), "", null, null));
        fuses.Set(new FuseRow("/b", 1000, home.Clock.GetUtcNow(), "", null, null));
        var folder = Path.Combine(home.Places.Fuses, fuses.Burning([]).Single(static one => one.Fuse.Directory == "/a").Id);
        foreach (var content in OddContents.Append("{\"directory\":null,\"ttlMs\":1,\"expiresAt\":\"2026-11-21T12:00:00Z\",\"sessionId\":\"\"}"u8.ToArray()))
        {
            File.WriteAllBytes(Path.Combine(folder, "fuse.json"), content);
            var problems = new List<string>();
            Assert.Equal(["/b"], fuses.Burning(problems).Select(static one => one.Fuse.Directory));
            Assert.Single(problems);
        }
    }

    public void Dispose() => home.Dispose();

    /// <summary>Everything that commands ask of the files: list, list -a, locks, launch, prune and the daemon's start.</summary>
    private static async Task AskEverything(Home one)
    {
        var processes = ProcessTable.Take();
        _ = one.Undertaker.Attend(one.Store.Live([]), processes).Select(static launch => (launch.SessionName, launch.IsHeld, launch.IsQueued, launch.ShimIdentity, launch.AgentIdentity)).ToList();
        _ = one.Undertaker.Attend(one.Store.All([]), processes);
        foreach (var id in one.Store.Ids())
        {
            _ = one.Store.Find(id);
        }

        using (var admission = await Admission.Enter(one.Store, one.Undertaker, one.Locks, ProcessTable.Take, Token))
        {
            var wanted = new LaunchRecord { Id = LaunchId.New(), Adapter = "codex", LaunchedAt = Home.Then, BootId = "b", Host = "h", PidNamespace = 1, Cwd = "/innocent" };
            Assert.IsType<Refusal.DirectoryInUse>(admission.Rules(LaunchLimits.None, DirectoryRule.Exact).Decide(wanted, admission.Holders(), force: false, out _));
        }

        Prune(one);
    }

    private static void Prune(Home one)
    {
        foreach (var expired in new LaunchExpiry(one.Store, one.Locks, new DirectoryFuses(one.Places, one.Clock), one.Clock).Find(one.Undertaker.Attend(one.Store.All([]), ProcessTable.Take())))
        {
            expired.Remove(expired.Path);
        }
    }

    /// <summary>An ended launch of long ago, of which one record is replaced.</summary>
    private static string Lay(Home one, string file, byte[] content)
    {
        var isQueued = file == LaunchFiles.Queued;
        var record = one.Lay(
            agent: isQueued ? null : StandingTests.Gone,
            exit: isQueued ? null : new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = Home.Then - TimeSpan.FromDays(30) },
            stop: new StopRecord(StopRecord.User, Home.Then));
        File.WriteAllBytes(Path.Combine(one.Places.Of(record.Id), file), content);
        return record.Id;
    }

    private IEnumerable<byte[]> Mutations(string file)
    {
        var whole = Whole(file);
        foreach (var key in JsonNode.Parse(whole)!.AsObject().Select(static pair => pair.Key).ToList())
        {
            var absent = JsonNode.Parse(whole)!.AsObject();
            absent.Remove(key);
            yield return Encoding.UTF8.GetBytes(absent.ToJsonString());
            foreach (var odd in OddValues)
            {
                absent[key] = "@";
                yield return Encoding.UTF8.GetBytes(absent.ToJsonString().Replace("\"@\"", odd, StringComparison.Ordinal));
                absent.Remove(key);
            }
        }

        foreach (var content in OddContents)
        {
            yield return content;
        }
    }

    private byte[] Whole(string file)
    {
        var record = home.Lay(static one => one with
        {
            SessionId = "s-1", Conversation = "0k3n8v4w2r7p", Group = "g", Name = "n", OnComplete = "true", TimeoutSeconds = 3, OutputCapBytes = 4, Meta = new Dictionary<string, string> { ["a"] = "b" },
        });
        return file switch
        {
            LaunchFiles.Agent => JsonSerializer.SerializeToUtf8Bytes(new AgentRecord(1, 1, 1, 1, Home.Then, "cgroup", "/sys/fs/cgroup/agentctl-x"), LaunchJson.Default.AgentRecord),
            LaunchFiles.Exit => JsonSerializer.SerializeToUtf8Bytes(
                new ExitRecord { How = ExitHows.Exited, ExitCode = 1, EndedAt = Home.Then, StartedAt = Home.Then, Stop = new StopRecord("user", Home.Then), Leftovers = [new Leftover(1, 1, "sh", Leftover.Killed)], Problem = "p" },
                LaunchJson.Default.ExitRecord),
            LaunchFiles.Session => JsonSerializer.SerializeToUtf8Bytes(new ToldRecord("s-2", "permission-denied", true), LaunchJson.Default.ToldRecord),
            LaunchFiles.Stop => JsonSerializer.SerializeToUtf8Bytes(new StopRecord("user", Home.Then), LaunchJson.Default.StopRecord),
            LaunchFiles.Queued => JsonSerializer.SerializeToUtf8Bytes(new QueuedRecord(3, Home.Then, true, true), LaunchJson.Default.QueuedRecord),
            _ => File.ReadAllBytes(Path.Combine(home.Places.Of(record.Id), LaunchFiles.Launch)),
        };
    }

    private void Rewrite(string id, string file, Action<JsonObject> change)
    {
        var path = Path.Combine(home.Places.Of(id), file);
        var json = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>What <c>../../victim</c> means from a launch's directory.</summary>
    private static VictimFile Victim(Home one)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(one.Path, "victim")).FullName, "keep");
        File.WriteAllText(file, "keep");
        return new VictimFile(file);
    }

    private sealed class VictimFile(string path) : IDisposable
    {
        public string Path => path;

        public void Dispose() => File.Delete(path);
    }
}
