using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>Conversations that Claude's own daemon runs.</summary>
public sealed class BackgroundTests : IDisposable
{
    private const int Supervisor = 11242;
    private const int Worker = 11263;

    private readonly ClaudeFolder claude = new();

    public void Dispose() => claude.Dispose();

    [Theory]
    [InlineData("busy", SessionState.Running)]
    [InlineData("idle", SessionState.Idle)]
    public async Task A_worker_belongs_to_the_daemon_although_it_has_a_terminal_and_its_job_stays_working(string status, SessionState state)
    {
        LivingDaemon();
        claude.Processes.Add(Worker, terminal: 34817);
        claude.Background(Ids.Background, "working");
        claude.Register(Worker, Ids.Background, status, kind: "bg", entrypoint: "cli", jobId: "f58db11f");
        var session = await claude.Only(Reach.Active);
        Assert.Equal((state, Owner.ClaudeDaemon, (int?)Worker), (session.State, session.Sighting.Owner, session.Sighting.Facts.Process?.Pid));
        Assert.Equal(("f58db11f", "working"), (session.Sighting.Meta["job"], session.Sighting.Meta["jobState"]));
    }

    [Fact]
    public async Task A_killed_worker_is_unknown_while_the_daemon_is_about_to_respawn_it()
    {
        LivingDaemon();
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background, "crashed");
        claude.Register(Worker, Ids.Background, "busy", kind: "bg", jobId: "f58db11f");
        var session = await claude.Only(Reach.Active);
        Assert.Equal((SessionState.Unknown, "respawning", Owner.ClaudeDaemon), (session.State, session.Verdict.Reason, session.Sighting.Owner));
        Assert.Null(session.Sighting.Facts.Process);
        Assert.Contains("pid 11242 with start 800, is alive and keeps worker f58db11f", session.Verdict.Decider.Fact);
    }

    [Fact]
    public async Task A_killed_worker_is_gone_when_the_daemon_is_gone_too()
    {
        claude.Processes.Add(Supervisor, startTicks: 801);
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background);
        claude.Register(Worker, Ids.Background, "busy", kind: "bg", jobId: "f58db11f");
        Assert.Equal((SessionState.Stopped, Owner.ClaudeDaemon), ((await claude.Only()).State, (await claude.Only()).Sighting.Owner));
        Assert.Empty((await claude.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task A_daemon_that_was_stopped_left_a_roster_without_lock_and_holds_nothing()
    {
        LivingDaemon();
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background, "crashed");
        File.Delete(claude.PathOf("daemon.lock"));
        var answer = await claude.Discover();
        Assert.Equal(SessionState.Stopped, Session.From(Assert.Single(answer.Sightings)).State);
        Assert.Empty(answer.Problems);
    }

    [Fact]
    public async Task A_restarted_worker_is_not_a_session_of_its_own_while_it_takes_the_old_one_up()
    {
        LivingDaemon();
        claude.Processes.Add(Worker);
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background, "resuming");
        claude.Register(Worker, "e5c342c5-0000-4000-8000-000000000000", status: null, kind: "bg", jobId: "f58db11f");
        var session = await claude.Only();
        Assert.Equal((Ids.Background, SessionState.Unknown, true), (session.Id, session.State, session.Verdict.IsAlive));
    }

    [Fact]
    public async Task A_worker_that_has_not_registered_yet_is_alive()
    {
        LivingDaemon();
        claude.Processes.Add(Worker);
        claude.Background(Ids.Background);
        var session = await claude.Only(Reach.Active);
        Assert.Equal((SessionState.Unknown, true, (int?)Worker), (session.State, session.Verdict.IsAlive, session.Sighting.Facts.Process?.Pid));
    }

    [Fact]
    public async Task A_job_just_taken_in_is_not_over()
    {
        LivingDaemon();
        claude.Background(Ids.Background, worker: null);
        var session = await claude.Only(Reach.Active);
        Assert.Equal((SessionState.Unknown, "not-started-yet", "SLEEP 8 background"), (session.State, session.Verdict.Reason, session.Sighting.Prompt));
    }

    [Fact]
    public async Task An_old_job_that_the_living_daemon_does_not_keep_is_over()
    {
        LivingDaemon();
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background, worker: null);
        Assert.Equal(SessionState.Stopped, (await claude.Only()).State);
    }

    [Theory]
    [InlineData("stopped", Ids.KilledInATurn, SessionState.Stopped, "aborted")]
    [InlineData("stopped", Ids.Finished, SessionState.Stopped, "done")]
    [InlineData("done", Ids.Finished, SessionState.Stopped, "done")]
    [InlineData("failed", Ids.KilledInATurn, SessionState.Error, "failed")]
    public async Task An_ended_job_tells_how_it_ended(string jobState, string id, SessionState state, string reason)
    {
        LivingDaemon();
        claude.Transcript(id);
        claude.Background(id, jobState, worker: null);
        Assert.Equal((state, reason), ((await claude.Only()).State, (await claude.Only()).Verdict.Reason));
        Assert.Empty((await claude.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task An_unreadable_roster_makes_its_jobs_unknown_and_not_stopped()
    {
        LivingDaemon();
        claude.Transcript(Ids.Background);
        claude.Background(Ids.Background);
        claude.Write("{\"proto\":1,\"workers\":{", "daemon", "roster.json");
        var answer = await claude.Discover();
        Assert.Equal(SessionState.Unknown, Session.From(Assert.Single(answer.Sightings)).State);
        Assert.Contains("~/.claude/daemon/roster.json", Assert.Single(answer.Problems));
    }

    [Fact]
    public async Task Secrets_beside_what_is_read_are_never_told()
    {
        claude.Background(Ids.Background);
        claude.Write("the-peer-token", "sessions", "11263.abcdef.key");
        claude.Write("the-control-key", "daemon", "control.key");
        var answer = await claude.Discover();
        var diagnosis = await claude.Adapter.Diagnose(TestContext.Current.CancellationToken);
        var told = string.Join('\n', answer.Sightings.SelectMany(s => s.Facts.Others.Select(e => e.Fact).Concat(s.Meta.Values)).Concat(answer.Problems).Concat(diagnosis.Problems));
        Assert.DoesNotContain("secret", told);
        Assert.DoesNotContain("token", told);
        Assert.DoesNotContain("control-key", told);
    }

    private void LivingDaemon() => claude.Processes.Add(Supervisor, startTicks: 800);
}
