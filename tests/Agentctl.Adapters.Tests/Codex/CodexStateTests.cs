using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

/// <summary>One test per rule: which process holds a thread, what its newest turn says, and the traps between the two.</summary>
public sealed class CodexStateTests
{
    [Fact]
    public async Task A_held_lock_and_a_turn_without_an_end_is_running()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        var path = home.Lock(CodexHome.Terminated, home.Process());

        var session = await home.Only(Reach.Active);

        Assert.Equal(SessionState.Running, session.State);
        Assert.Equal("task_started 01a1fcdc-f90d-7b53-bd38-1ca7cb524f19 without an end", session.Verdict.Decider.Fact);
        Assert.StartsWith("~/.codex/sessions/2026/11/21/rollout-", session.Verdict.Decider.Source, StringComparison.Ordinal);
        Assert.Equal(CodexHome.At("2026-11-21T06:48:22.547Z"), session.Verdict.Decider.ObservedAt);
        Assert.Equal(4711, session.Sighting.Facts.Process?.Pid);
        Assert.Equal(
            $"FLOCK on inode {NativeFile.Stat(path)!.Value.Inode} (~/.codex/thread-writer-locks/{CodexHome.Terminated}.lock) by pid 4711",
            session.Sighting.Facts.HolderEvidence?.Fact);
    }

    [Theory]
    [InlineData(CodexHome.Finished)]
    [InlineData(CodexHome.Interrupted)]
    [InlineData(CodexHome.Failing)]
    public async Task A_held_lock_and_an_ended_turn_is_idle(string id)
    {
        using var home = new CodexHome();
        home.Rollout(id);
        home.Lock(id, home.Process());
        Assert.Equal(SessionState.Idle, (await home.Only(Reach.Active)).State);
    }

    [Fact]
    public async Task A_held_lock_without_a_rollout_is_idle_and_never_asked()
    {
        using var home = new CodexHome();
        home.Lock(CodexHome.Tui, home.Process());

        var session = await home.Only(Reach.Active);

        Assert.Equal(SessionState.Idle, session.State);
        Assert.Equal(Signal.NeverRun, session.Sighting.Facts.Signal);
        Assert.Equal(CodexHome.Tui, (await home.Find(CodexHome.Tui))?.Id);
    }

    [Theory]
    [InlineData(CodexHome.Finished, SessionState.Stopped, Reasons.Done)]
    [InlineData(CodexHome.Interrupted, SessionState.Stopped, Reasons.Aborted)]
    [InlineData(CodexHome.Failing, SessionState.Error, Reasons.Failed)]
    [InlineData(CodexHome.Terminated, SessionState.Stopped, Reasons.Vanished)]
    [InlineData(CodexHome.KilledThenResumed, SessionState.Stopped, Reasons.Done)]
    [InlineData(CodexHome.OldCore, SessionState.Stopped, Reasons.Done)]
    public async Task A_thread_nobody_holds_ended_as_its_newest_turn_says(string id, SessionState state, string reason)
    {
        using var home = new CodexHome();
        home.Rollout(id);

        var session = await home.Only();

        Assert.Equal((state, reason), (session.State, session.Verdict.Reason));
        Assert.Empty((await home.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task A_lock_file_left_by_kill_9_is_not_alive()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        home.Lock(CodexHome.Terminated);

        var session = await home.Only();

        Assert.Equal((SessionState.Stopped, Reasons.Vanished, Holder.Gone), (session.State, session.Verdict.Reason, session.Sighting.Facts.Holder));
        Assert.Contains("nobody holds a lock on this lock file", session.Verdict.Decider.Fact, StringComparison.Ordinal);
        Assert.Empty((await home.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task A_left_lock_file_of_a_finished_turn_claims_nothing()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);
        home.Lock(CodexHome.Finished);
        Assert.Equal(Holder.None, (await home.Only()).Sighting.Facts.Holder);
    }

    [Fact]
    public async Task A_left_lock_file_without_a_rollout_is_no_session()
    {
        using var home = new CodexHome();
        home.Lock(CodexHome.Tui);
        Assert.Empty((await home.Discover(Reach.All)).Sightings);
        Assert.Null(await home.Find(CodexHome.Tui));
    }

    [Fact]
    public async Task A_lock_of_a_pid_we_cannot_see_is_unknown()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        home.Lock(CodexHome.Terminated, pid: 0);

        var session = await home.Only(Reach.Active);

        Assert.Equal((SessionState.Unknown, Reasons.OtherNamespace), (session.State, session.Verdict.Reason));
    }

    [Fact]
    public async Task A_lock_on_the_same_inode_number_of_another_file_system_is_not_ours()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        var other = home.Process();
        other.Files = [new OpenFile(3, "/mnt/usb/some-other-file", true)];
        home.Lock(CodexHome.Terminated, pid: other.Pid);
        Assert.Equal(Reasons.Vanished, (await home.Only()).Verdict.Reason);
    }

    [Theory]
    [InlineData("POSIX", 4711)]
    [InlineData("OFDLCK", -1)]
    public async Task Only_an_flock_ties_a_thread(string kind, int pid)
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        var path = home.Lock(CodexHome.Terminated);
        home.Process();
        home.Processes.Hold(kind, pid, NativeFile.Stat(path)!.Value.Inode);
        Assert.Equal(Reasons.Vanished, (await home.Only()).Verdict.Reason);
    }

    [Fact]
    public async Task A_dead_holder_is_no_holder()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        home.Lock(CodexHome.Terminated, pid: 4711);
        Assert.Equal(Reasons.Vanished, (await home.Only()).Verdict.Reason);
    }

    [Fact]
    public async Task A_killed_turn_loaded_again_by_a_younger_process_is_idle()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        home.Lock(CodexHome.Terminated, home.Process(startedAt: "2026-11-21T07:00:00Z"));

        var session = await home.Only(Reach.Active);

        Assert.Equal(SessionState.Idle, session.State);
        Assert.Contains("another process died in that turn", session.Verdict.Decider.Fact, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_exec_turn_loaded_again_by_an_older_daemon_is_idle()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Terminated);
        home.Lock(CodexHome.Terminated, Daemon(home));

        var session = await home.Only(Reach.Active);

        Assert.Equal((SessionState.Idle, Owner.CodexDaemon), (session.State, session.Sighting.Owner));
    }

    [Fact]
    public async Task A_question_to_the_human_without_an_answer_is_waiting()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.AsksHuman);
        home.Lock(CodexHome.AsksHuman, home.Process());

        var session = await home.Only(Reach.Active);

        Assert.Equal((SessionState.Waiting, "user-input"), (session.State, session.Verdict.Reason));
    }

    [Fact]
    public async Task A_question_of_a_killed_process_is_vanished()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.AsksHuman);
        Assert.Equal(Reasons.Vanished, (await home.Only()).Verdict.Reason);
    }

    [Fact]
    public async Task A_call_that_may_wait_for_approval_is_running_and_says_what_is_not_known()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.AsksApproval);
        home.Lock(CodexHome.AsksApproval, home.Process());

        var session = await home.Only(Reach.Active);

        Assert.Equal(SessionState.Running, session.State);
        Assert.Contains("approval", Assert.Single(session.Sighting.Facts.NotKnown), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_pid_namespace_of_its_own_a_vanished_thread_says_that_locks_outside_are_not_seen()
    {
        using var home = new CodexHome { Processes = new Agentctl.Testing.FakeProcessTable { PidNamespace = 4026532000 } };
        home.Rollout(CodexHome.Terminated);
        Assert.Contains("pid namespace", Assert.Single((await home.Only()).Sighting.Facts.NotKnown), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_open_for_writing_ties_a_thread_of_a_core_without_locks()
    {
        using var home = new CodexHome();
        var rollout = home.Rollout(CodexHome.OldCore, lines: 7);
        OldCore(home).Files = [new OpenFile(38, rollout, true)];

        var session = await home.Only(Reach.Active);

        Assert.Equal((SessionState.Running, 4711), (session.State, session.Sighting.Facts.Process?.Pid));
        Assert.Contains("open for writing", session.Sighting.Facts.HolderEvidence!.Fact, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_of_a_rollout_owns_nothing()
    {
        using var home = new CodexHome();
        var rollout = home.Rollout(CodexHome.OldCore, lines: 7);
        OldCore(home).Files = [new OpenFile(3, rollout)];
        Assert.Empty((await home.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task A_rollout_of_another_codex_home_is_not_ours()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);
        OldCore(home).Files = [new OpenFile(3, $"/elsewhere/.codex/sessions/2026/11/21/{Path.GetFileName(CodexHome.Recorded(CodexHome.OldCore))}", true)];
        Assert.Empty((await home.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task Where_no_core_kept_a_database_every_own_process_is_looked_into()
    {
        using var home = new CodexHome();
        var rollout = home.Rollout(CodexHome.OldCore, lines: 7);
        home.Process().Files = [new OpenFile(38, rollout, true)];
        Assert.Equal(SessionState.Running, (await home.Only(Reach.Active)).State);
    }

    [Theory]
    [InlineData(CodexHome.Finished, 1026, Owner.Terminal)]
    [InlineData(CodexHome.Finished, 0, Owner.Unknown)]
    [InlineData(CodexHome.Tui, 1026, Owner.Terminal)]
    [InlineData(CodexHome.Ide, 0, Owner.Ide)]
    [InlineData(CodexHome.Ide, 1026, Owner.Ide)]
    public async Task The_owner_follows_from_originator_and_terminal(string id, int terminal, Owner owner)
    {
        using var home = new CodexHome();
        home.Rollout(id);
        home.Lock(id, home.Process(terminal: terminal));
        Assert.Equal(owner, (await home.Only(Reach.Active)).Sighting.Owner);
    }

    [Fact]
    public async Task One_daemon_owns_all_its_threads()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Tui);
        home.Rollout(CodexHome.Ide);
        var daemon = Daemon(home);
        home.Lock(CodexHome.Tui, daemon);
        home.Lock(CodexHome.Ide, daemon);
        Assert.All((await home.Discover(Reach.Active)).Sightings, sighting => Assert.Equal((Owner.CodexDaemon, 12071), (sighting.Owner, sighting.Facts.Process?.Pid)));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(178482)]
    public async Task A_daemon_file_with_another_start_time_or_boot_names_another_process(int startTicks)
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Tui);
        home.Lock(CodexHome.Tui, Daemon(home, startTicks, startTicks == 999 ? null : "another-boot"));
        Assert.Equal(Owner.Unknown, (await home.Only(Reach.Active)).Sighting.Owner);
    }

    /// <summary>A process that holds a lock on Codex's database, as every core since 0.9x does while it runs.</summary>
    private static Agentctl.Testing.FakeProcess OldCore(CodexHome home)
    {
        var database = Path.Combine(home.Codex, "state_5.sqlite-shm");
        File.WriteAllText(database, "");
        var process = home.Process();
        home.Processes.Hold("POSIX", process.Pid, NativeFile.Stat(database)!.Value.Inode);
        return process;
    }

    /// <summary>The Codex daemon, started before any recorded turn, and its pid file.</summary>
    private static Agentctl.Testing.FakeProcess Daemon(CodexHome home, int startTicks = 178482, string? bootId = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(home.Codex, "app-server-daemon")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "daemon.pid"),
            $$$"""{"pid":12071,"processStartTime":"Sat Nov 21 06:48:59 2026","processIdentity":{"bootId":"{{{bootId ?? home.Processes.BootId}}}","startTicks":{{{startTicks}}}}}""");
        return home.Processes.Add(12071, startTicks: 178482, startedAt: CodexHome.At("2026-11-21T06:00:00Z"), comm: "codex");
    }
}
