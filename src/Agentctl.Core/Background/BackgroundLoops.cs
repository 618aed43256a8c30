namespace Agentctl.Core;

/// <summary>
/// The background loops of one process: what runs while nobody asks. Each is started here, so that a failure of any of them is logged
/// in one way and shown by <c>daemon status</c> and <c>doctor</c>. Thread-safe.
/// </summary>
/// <param name="failed">Receives each failure, for the log; never throws.</param>
public sealed class BackgroundLoops(TimeProvider time, Action<BackgroundLoopReport, Exception>? failed = null)
{
    private readonly Lock gate = new();
    private readonly List<BackgroundLoop> loops = [];

    /// <summary>Receives each failure, for the log. The daemon sets it once its log is open.</summary>
    public Action<BackgroundLoopReport, Exception>? Failed { get; set; } = failed;

    /// <summary>
    /// Starts a loop. <paramref name="run"/> is expected to run until its token is cancelled; if it throws, it is started again after a
    /// pause that grows with each failure. If it returns, the loop has ended.
    /// </summary>
    /// <param name="name">As shown to people: <c>fuses</c>, <c>launches</c>, <c>changes</c>, <c>gateway openclaw</c>.</param>
    public BackgroundLoop Start(string name, Func<BackgroundLoop, CancellationToken, Task> run)
    {
        var loop = new BackgroundLoop(name, run, time, OnFailure, OnEnd);
        lock (gate)
        {
            loops.Add(loop);
        }

        loop.Begin();
        return loop;
    }

    /// <summary>Every loop that has not ended, in the order in which they were started.</summary>
    public IReadOnlyList<BackgroundLoopReport> Reports()
    {
        lock (gate)
        {
            return [.. loops.Select(static loop => loop.Report())];
        }
    }

    private void OnFailure(BackgroundLoop loop, Exception failure) => Failed?.Invoke(loop.Report(), failure);

    private void OnEnd(BackgroundLoop loop)
    {
        lock (gate)
        {
            loops.Remove(loop);
        }
    }
}

/// <summary>How one background loop fares.</summary>
/// <param name="Failures">How often it has failed since it was started.</param>
/// <param name="LastFailure">What went wrong last; absent when nothing has.</param>
/// <param name="IsPaused">It waits before its next start, because it failed.</param>
public sealed record BackgroundLoopReport(string Name, long Failures, string? LastFailure = null, DateTimeOffset? LastFailureAt = null, bool IsPaused = false);
