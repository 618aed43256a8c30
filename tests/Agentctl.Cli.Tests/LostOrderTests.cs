using System.Reflection;
using System.Text;
using Agentctl.Cli.Terminals;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Sessions;
using Xunit;

namespace Agentctl.Cli.Tests;

/// <summary>Orders to a daemon that carries them out and dies before it answers: each is carried out once, and its outcome is reported.</summary>
public sealed class LostOrderTests : IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("agentctl-lost-").FullName;
    private readonly MemoryStream output = new();
    private readonly MemoryStream error = new();
    private readonly SessionService self;
    private readonly DyingDaemon daemon;
    private readonly Surroundings around;

    public LostOrderTests()
    {
        var environment = new AgentEnvironment(root, new Dictionary<string, string> { ["AGENTCTL_HOME"] = Path.Combine(root, "home"), ["PATH"] = "/usr/bin:/bin" });
        self = SessionService.Create(new SessionServiceOptions(environment, new AgentctlConfig(), TimeProvider.System, Watching: false));
        var proxy = DispatchProxy.Create<IAgentctlApi, DyingDaemon>();
        daemon = (DyingDaemon)(object)proxy;
        daemon.Does = self;
        var terminal = new Terminal(output, error, TerminalTraits.NotATerminal, TerminalTraits.NotATerminal);
        around = new Surroundings(
            environment, TimeProvider.System, terminal, _ => Task.FromResult<IAgentctlApi>(new DaemonOrSelf(proxy, () => self, terminal.Note)), () => self, () => terminal.Output);
    }

    private string Error => Encoding.UTF8.GetString(error.ToArray());

    [Fact]
    public async Task Unlock_succeeds_when_the_daemon_released_the_lock_and_died()
    {
        Assert.Equal(ExitCode.Done, await Run("lock", root, "--by", "ann"));
        daemon.DiesAfter = [nameof(IAgentctlApi.ReleaseLock)];

        Assert.Equal(ExitCode.Done, await Run("unlock", root));

        Assert.Contains($"agentctld went away while it carried this out; the lock on {root} is gone", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("No manual lock", Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlock_leaves_the_lock_that_somebody_else_took_meanwhile()
    {
        Assert.Equal(ExitCode.Done, await Run("lock", root, "--by", "ann"));
        daemon.DiesAfter = [nameof(IAgentctlApi.ReleaseLock)];
        daemon.BeforeDying = async () => Assert.True((await self.TakeLock(new LockOrder(root, "bob"), CancellationToken.None)).IsOk);

        Assert.Equal(ExitCode.Done, await Run("unlock", root));

        Assert.Contains("\"lockedBy\":\"bob\"", Encoding.UTF8.GetString((await self.Locks(CancellationToken.None)).Whole().Span).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlock_is_carried_out_here_when_the_daemon_died_before_it_did_anything()
    {
        Assert.Equal(ExitCode.Done, await Run("lock", root));
        daemon.DiesBefore = [nameof(IAgentctlApi.ReleaseLock)];

        Assert.Equal(ExitCode.Done, await Run("unlock", root));

        Assert.DoesNotContain("went away", Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, await Run("unlock", root));
    }

    [Fact]
    public async Task Cancelled_fuse_is_reported_as_cancelled_and_one_that_was_set_anew_stays()
    {
        Assert.Equal(ExitCode.Done, await Run("fuse", "set", root, "--ttl", "1h"));
        daemon.DiesAfter = [nameof(IAgentctlApi.ChangeFuse)];

        Assert.Equal(ExitCode.Done, await Run("fuse", "cancel", root));
        Assert.Contains($"the fuse on {root} is gone", Error, StringComparison.Ordinal);

        daemon.DiesAfter = [];
        Assert.Equal(ExitCode.Done, await Run("fuse", "set", root, "--ttl", "1h"));
        daemon.DiesAfter = [nameof(IAgentctlApi.ChangeFuse)];
        daemon.BeforeDying = async () => Assert.True((await self.ChangeFuse(new FuseOrder("set", root, 7_000_000), CancellationToken.None)).IsOk);

        Assert.Equal(ExitCode.Done, await Run("fuse", "cancel", root));
        Assert.Contains("7000000", Encoding.UTF8.GetString((await self.Fuses(CancellationToken.None)).Whole().Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fuse_is_set_once_and_the_note_says_what_fires_it()
    {
        daemon.DiesAfter = [nameof(IAgentctlApi.ChangeFuse)];

        Assert.Equal(ExitCode.Done, await Run("fuse", "set", root, "--ttl", "1h"));

        Assert.Contains("It fires only while a daemon runs: agentctl daemon start", Error, StringComparison.Ordinal);
        Assert.Equal(0, daemon.RepeatedHere);
    }

    /// <summary>The second interrupt would cancel the prompt that was next in the queue.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancel_is_sent_once(bool isLost)
    {
        var scripted = new ScriptedSessions();
        daemon.Does = scripted;
        daemon.DiesAfter = [nameof(IAgentctlApi.Cancel)];
        daemon.WasSent = isLost;
        var here = new ScriptedSessions();
        var api = new DaemonOrSelf((IAgentctlApi)(object)daemon, () => here, around.Terminal.Note);

        if (isLost)
        {
            await Assert.ThrowsAsync<DaemonLostException>(() => api.Cancel("codex/1", CancellationToken.None));
        }
        else
        {
            Assert.True((await api.Cancel("codex/1", CancellationToken.None)).IsOk);
        }

        Assert.Equal(isLost ? 0 : 1, here.Asked.Count);
    }

    [Fact]
    public async Task Queued_launch_that_was_cancelled_is_reported_as_cancelled()
    {
        var here = new ScriptedSessions();
        here.Rows.Add(SampleRows.Running with { Status = "stopped" });
        daemon.Does = new ScriptedSessions();
        daemon.DiesAfter = [nameof(IAgentctlApi.ChangeQueue)];
        here.RefusedQueueChange = new ProblemDocument("/problems/refused", "Refused", 409, "does not wait in the queue");
        var api = new DaemonOrSelf((IAgentctlApi)(object)daemon, () => here, around.Terminal.Note);

        Assert.True((await api.ChangeQueue(new QueueOrder("cancel", "@1"), CancellationToken.None)).IsOk);
        Assert.Contains("@1 no longer waits in the queue: it is stopped", Error, StringComparison.Ordinal);

        // A launch whose turn came is not cancelled.
        here.Rows[0] = SampleRows.Running;
        Assert.Equal(409, (await api.ChangeQueue(new QueueOrder("cancel", "@1"), CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Session_is_closed_by_its_id_when_the_order_is_repeated()
    {
        var here = new ScriptedSessions();
        daemon.Does = new ScriptedSessions();
        daemon.DiesAfter = [nameof(IAgentctlApi.CloseAcpSession)];
        var api = new DaemonOrSelf((IAgentctlApi)(object)daemon, () => here, around.Terminal.Note);

        Assert.True((await api.CloseAcpSession("review", CancellationToken.None)).IsOk);

        Assert.Equal([here.Conversation.Id], here.Asked);
    }

    [Fact]
    public async Task Stop_of_a_group_that_was_stopped_and_prune_that_removed_everything_succeed()
    {
        daemon.DiesAfter = [nameof(IAgentctlApi.Stop), nameof(IAgentctlApi.Prune), nameof(IAgentctlApi.PruneAcp)];

        Assert.Equal(ExitCode.Done, await Run("stop", "--group", "g1"));
        Assert.Contains("no session of group g1 is active any more", Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, await Run("prune"));
        Assert.Contains("what it had removed by then is gone and is not listed", Error, StringComparison.Ordinal);
    }

    /// <summary>A new member of the interface needs a decision: this test names each one.</summary>
    [Fact]
    public async Task Every_member_is_asked_again_recovered_or_sent_once()
    {
        string[] again =
        [
            "List", "FollowList", "Status", "Explain", "Usage", "Transcript", "Wait", "Locks", "TakeLock", "Queue", "Hooks", "Fuses", "Events", "AcpSessions", "AcpSession",
            "AcpHistory", "Approvals", "Stop", "ChangeQueue", "ReleaseLock", "ChangeFuse", "Prune", "CloseAcpSession", "PruneAcp",
        ];
        string[] once = ["Send", "Cancel", "NewAcpSession", "SetAcp", "Prompt", "PromptResult", "WatchAcp", "AnswerApproval"];
        string[] here = ["Launch"];
        var members = new[] { typeof(ISessionApi), typeof(ILaunchApi), typeof(IAcpApi) }.SelectMany(static type => type.GetMethods()).ToList();
        Assert.Equal(members.Select(static member => member.Name).Order(), again.Concat(once).Concat(here).Order());

        foreach (var member in members.Where(member => !here.Contains(member.Name)))
        {
            var proxy = DispatchProxy.Create<IAgentctlApi, DyingDaemon>();
            ((DyingDaemon)(object)proxy).DiesBefore = [.. members.Select(static one => one.Name)];
            var own = DispatchProxy.Create<IAgentctlApi, DyingDaemon>();
            ((DyingDaemon)(object)own).Answer = new ApiReply(404, "{}"u8.ToArray());
            var api = new DaemonOrSelf(proxy, () => own, around.Terminal.Note);
            var arguments = member.GetParameters().Select(static parameter => Argument(parameter.ParameterType)).ToArray();
            var lost = await Record.ExceptionAsync(async () => await (Task)member.Invoke(api, arguments)!);

            Assert.Equal(once.Contains(member.Name), lost is DaemonLostException);
            Assert.Equal(once.Contains(member.Name) ? 0 : 1, ((DyingDaemon)(object)own).Calls.Count(call => call == member.Name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await self.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    private Task<int> Run(params string[] arguments) => CommandLine.Run(arguments, around, TestContext.Current.CancellationToken);

    private static object? Argument(Type type) =>
        type == typeof(string) ? "/nowhere"
        : type == typeof(CancellationToken) ? CancellationToken.None
        : type == typeof(FuseOrder) ? new FuseOrder("cancel", "/nowhere")
        : type == typeof(QueueOrder) ? new QueueOrder("cancel", "@1")
        : type == typeof(StopOrder) ? new StopOrder(["codex/1"])
        : type == typeof(LockOrder) ? new LockOrder("/nowhere")
        : type == typeof(AcpPruneOrder) ? new AcpPruneOrder()
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;
}

/// <summary>Carries requests out, and dies before it answers the named ones.</summary>
public class DyingDaemon : DispatchProxy
{
    /// <summary>What carries requests out; null = everything is answered with <see cref="Answer"/>.</summary>
    internal IAgentctlApi? Does { get; set; }

    internal ApiReply Answer { get; set; }

    internal IReadOnlyList<string> DiesAfter { get; set; } = [];

    internal IReadOnlyList<string> DiesBefore { get; set; } = [];

    internal Func<Task>? BeforeDying { get; set; }

    internal bool WasSent { get; set; } = true;

    internal List<string> Calls { get; } = [];

    internal int RepeatedHere => Calls.Count(static call => call == nameof(IAgentctlApi.ChangeFuse)) - 1;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Calls.Add(targetMethod!.Name);
        return targetMethod.ReturnType == typeof(Task<ApiReply>) ? Ask<ApiReply>(targetMethod, args!, Answer) : Ask<ApiParts>(targetMethod, args!, new ApiParts(Answer.Status, Answer.Body, Nothing()));
    }

    private async Task<T> Ask<T>(MethodInfo method, object?[] arguments, T answer)
    {
        if (DiesBefore.Contains(method.Name))
        {
            throw new DaemonLostException("the daemon went away before it had answered");
        }

        var reply = Does is null ? answer : await (Task<T>)method.Invoke(Does, arguments)!;
        if (DiesAfter.Contains(method.Name))
        {
            if (BeforeDying is not null)
            {
                await BeforeDying();
            }

            throw new DaemonLostException("the daemon went away before it had answered", wasSent: WasSent);
        }

        return reply;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Nothing()
    {
        await Task.CompletedTask;
        yield break;
    }
}
