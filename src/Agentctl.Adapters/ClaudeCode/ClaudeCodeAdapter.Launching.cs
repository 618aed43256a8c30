using System.Diagnostics;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

public sealed partial class ClaudeCodeAdapter : IAgentLauncher, IOwnerControl
{
    private const int LongestAnswer = 64 << 10;

    /// <summary>How long <c>claude stop</c>, and then the end of the worker, may take.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(20);

    public IReadOnlyList<string> PermissionModes => ClaudeLauncher.Modes;

    public PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment) => ClaudeLauncher.Plan(wish, environment);

    public PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => ClaudeLauncher.PlanAttach(sessionId, environment);

    public string? SessionIdIn(ReadOnlySpan<byte> outputLine) => ClaudeLauncher.SessionIdIn(outputLine);

    public string? ReasonIn(ReadOnlySpan<byte> outputLine) => ClaudeLauncher.ReasonIn(outputLine);

    public string? Frame(string message) => ClaudeLauncher.Frame(message);

    public string? InterruptFrame() => ClaudeLauncher.InterruptFrame();

    /// <summary>
    /// Through Claude's own daemon: a worker that were killed would be started again under the same session. It is stopped when its job
    /// says so and its worker is gone.
    /// </summary>
    public async Task<OwnerAnswer?> Stop(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        var background = _background.Look(ProcessTable.Take(), cancellationToken);
        var shortId = background.Jobs.GetValueOrDefault(session.Id)?.ShortId ?? background.Workers.GetValueOrDefault(session.Id)?.ShortId;
        if (shortId is null || environment.FindProgram("claude") is not { } claude)
        {
            return shortId is null ? null : new OwnerAnswer(false, $"claude stop {shortId}", "claude was not found on PATH, and only it can ask its daemon");
        }

        var asked = $"claude stop {shortId}";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StopDeadline);
        try
        {
            var (code, said) = await Run(claude, ["stop", shortId], environment, deadline.Token).ConfigureAwait(false);
            if (code != 0)
            {
                return new OwnerAnswer(false, asked, said.Length > 0 ? said : $"it ended with code {code}");
            }

            await UntilStopped(session.Id, deadline.Token).ConfigureAwait(false);
            return new OwnerAnswer(true, asked, "its job says stopped and its worker is gone");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new OwnerAnswer(false, asked, $"Claude's daemon had not ended it after {StopDeadline.TotalSeconds:0} s");
        }
    }

    /// <summary>Claude's daemon takes no message from others.</summary>
    public Task<OwnerAnswer?> Send(Sighting session, string text, AgentEnvironment environment, CancellationToken cancellationToken) => Task.FromResult<OwnerAnswer?>(null);

    public Task<OwnerAnswer?> Cancel(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Task.FromResult<OwnerAnswer?>(null);

    /// <summary>Woken by the files that tell it.</summary>
    private async Task UntilStopped(string sessionId, CancellationToken cancellationToken)
    {
        using var changed = new SemaphoreSlim(0);
        using var watch = Watch(() => changed.Release());
        while (true)
        {
            var processes = ProcessTable.Take();
            var background = _background.Look(processes, cancellationToken);
            var worker = background.Workers.GetValueOrDefault(sessionId);
            var workerLives = worker is { Pid: { } pid, StartTicks: { } ticks } && processes.Find(pid, ticks) is not null;
            var claimed = _registry.Look(cancellationToken).Entries.Any(entry => entry.SessionId == sessionId && Claim.Check(entry, _machineId, processes).Holder == Holder.Process);
            if (!workerLives && !claimed && background.Jobs.GetValueOrDefault(sessionId) is null or { HasEnded: true })
            {
                return;
            }

            // The worker's end is told by no file of its own when it is killed.
            await changed.WaitAsync(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<(int Code, string Said)> Run(string program, IReadOnlyList<string> arguments, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = environment.Home,
        };
        start.Environment.Clear();
        foreach (var (name, value) in InheritedEnvironment.Of(environment.Variables))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new CannotLookException($"{program} could not be started");
        try
        {
            process.StandardInput.Close();
            var output = ProgramOutput.ReadLast(process.StandardOutput, LongestAnswer, cancellationToken);
            var errors = ProgramOutput.ReadLast(process.StandardError, LongestAnswer, cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (process.ExitCode, $"{await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}".Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
