using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class AdmissionTests : IDisposable
{
    private readonly Home home = new();
    private readonly List<Lease> held = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Limits_count_what_lives_in_all_in_an_adapter_and_in_a_group()
    {
        Run("codex", "g-1", "/a");
        Run("codex", null, "/b");
        Run("claude-code", "g-1", "/c");
        using var admission = await Enter();

        Assert.IsType<Refusal.NoSlot>(Decide(admission, "pi", null, new LaunchLimits(3, None, None)));
        Assert.Null(Decide(admission, "pi", null, new LaunchLimits(4, None, None)));
        Assert.Null(Decide(admission, "pi", null, LaunchLimits.None));
        Assert.IsType<Refusal.NoSlot>(Decide(admission, "codex", null, new LaunchLimits(0, new Dictionary<string, int> { ["codex"] = 2 }, None)));
        Assert.Null(Decide(admission, "claude-code", null, new LaunchLimits(0, new Dictionary<string, int> { ["codex"] = 2 }, None)));
        Assert.IsType<Refusal.NoSlot>(Decide(admission, "pi", "g-1", new LaunchLimits(0, None, new Dictionary<string, int> { ["g-1"] = 2 })));
        Assert.Null(Decide(admission, "pi", "g-2", new LaunchLimits(0, None, new Dictionary<string, int> { ["g-1"] = 2 })));
    }

    [Fact]
    public async Task Refusal_for_want_of_a_slot_says_how_many_and_who()
    {
        var first = Run("codex", null, "/a");
        using var admission = await Enter();

        Assert.StartsWith(
            $"max concurrent sessions reached (1/1), held by codex/@{first.Id}.",
            Decide(admission, "pi", null, new LaunchLimits(1, None, None))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forced_launch_says_what_it_overrode_and_no_slot_can_be_forced()
    {
        Run("codex", null, "/a");
        using var admission = await Enter();

        Assert.Null(Decide(admission, Wanted("pi", null, "/a"), LaunchLimits.None, DirectoryRule.Exact, force: true, out var overridden));
        Assert.IsType<Refusal.DirectoryInUse>(overridden);
        Assert.IsType<Refusal.NoSlot>(Decide(admission, Wanted("pi", null, "/a"), new LaunchLimits(1, None, None), DirectoryRule.Exact, force: true, out _));
    }

    [Fact]
    public async Task Session_that_a_launch_goes_on_with_is_not_given_to_another_not_even_by_force()
    {
        var owner = home.Lay(static one => one with { Adapter = "codex", SessionId = "s-1", Cwd = "/a" });
        held.Add(home.Hold(owner));
        using var admission = await Enter();

        var wanted = Wanted("codex", null, "/elsewhere") with { SessionId = "s-1" };
        Assert.IsType<Refusal.SessionGoesOn>(Decide(admission, wanted, LaunchLimits.None, DirectoryRule.Exact, force: true, out _));
        Assert.Null(Decide(admission, wanted with { SessionId = "s-2" }, LaunchLimits.None, DirectoryRule.Exact, force: false, out _));
        Assert.Null(Decide(admission, wanted with { Adapter = "pi" }, LaunchLimits.None, DirectoryRule.Exact, force: false, out _));
    }

    [Fact]
    public async Task Launch_without_a_shim_whose_agent_lives_keeps_its_directory()
    {
        var self = ProcessTable.Take().Find(Environment.ProcessId)!;
        home.Lay(record => record with { Cwd = "/a" }, new AgentRecord(1, 1, self.Pid, self.StartTicks, Home.Then, "subreaper"));
        using var admission = await Enter();

        Assert.IsType<Refusal.DirectoryInUse>(Decide(admission, Wanted("pi", null, "/a"), LaunchLimits.None, DirectoryRule.Exact, force: false, out _));
    }

    [Fact]
    public async Task Only_one_decides_at_a_time()
    {
        var first = await Enter();
        var second = Enter();
        await Task.Yield();
        Assert.False(second.IsCompleted);

        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(10), Token)).Dispose();
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_leaves_nothing_locked()
    {
        var first = await Enter();
        using var giveUp = new CancellationTokenSource();
        var second = Admission.Enter(home.Store, home.Undertaker, home.Locks, ProcessTable.Take, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        (await Enter().WaitAsync(TimeSpan.FromSeconds(10), Token)).Dispose();
    }

    [Fact]
    public async Task Long_line_that_moves_is_waited_in_for_longer_than_one_who_is_stuck()
    {
        var patience = TimeSpan.FromSeconds(1.5);
        var first = await Enter();
        var line = Enumerable.Range(0, 6).Select(_ => Pass()).ToList();
        first.Dispose();
        await Task.WhenAll(line);

        using var stuck = await Enter();
        var refused = await Assert.ThrowsAsync<IOException>(Pass);
        Assert.Contains($"pid {Environment.ProcessId} (", refused.Message, StringComparison.Ordinal);

        async Task Pass()
        {
            using var admission = await Admission.Enter(home.Store, home.Undertaker, home.Locks, ProcessTable.Take, Token, patience);
            await Task.Delay(patience / 3, Token);
        }
    }

    /// <summary>A launch waited for up to 30 s without a word.</summary>
    [Fact]
    public async Task Wait_for_the_lock_is_announced_with_its_holder()
    {
        Directory.CreateDirectory(home.Path);
        var holder = Lease.TryTake(home.Places.Admission)!;
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var store = new LaunchStore(home.Path) { Notice = text => said.TrySetResult(text) };

        var entering = Admission.Enter(store, home.Undertaker, home.Locks, ProcessTable.Take, Token);

        var notice = await said.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.StartsWith($"waiting for the lock on {home.Places.Admission}, held by pid {Environment.ProcessId} (", notice, StringComparison.Ordinal);
        Assert.False(entering.IsCompleted);
        holder.Dispose();
        using var entered = await entering.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    public void Dispose()
    {
        held.ForEach(lease => lease.Dispose());
        home.Dispose();
    }

    private static IReadOnlyDictionary<string, int> None => new Dictionary<string, int>();

    private Task<Admission> Enter() => Admission.Enter(home.Store, home.Undertaker, home.Locks, ProcessTable.Take, Token);

    private LaunchRecord Run(string adapter, string? group, string cwd)
    {
        var record = home.Lay(one => one with { Adapter = adapter, Group = group, Cwd = cwd });
        held.Add(home.Hold(record));
        return record;
    }

    private static Refusal? Decide(Admission admission, LaunchRecord wanted, LaunchLimits limits, DirectoryRule rule, bool force, out Refusal? overridden) =>
        admission.Rules(limits, rule).Decide(wanted, admission.Holders(), force, out overridden);

    private static Refusal? Decide(Admission admission, string adapter, string? group, LaunchLimits limits) =>
        Decide(admission, Wanted(adapter, group, "/elsewhere"), limits, DirectoryRule.Exact, force: false, out _);

    private static LaunchRecord Wanted(string adapter, string? group, string cwd) => new()
    {
        Id = LaunchId.New(), Adapter = adapter, Group = group, Cwd = cwd, LaunchedAt = Home.Then, BootId = "", Host = "", PidNamespace = 0,
    };
}
