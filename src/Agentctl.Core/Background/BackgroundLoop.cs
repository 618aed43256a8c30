namespace Agentctl.Core;

/// <summary>
/// One loop that runs until it is disposed of, whatever its work throws: every failure is counted, reported, and answered with a new
/// start after a pause. Started by <see cref="BackgroundLoops"/>.
/// </summary>
public sealed class BackgroundLoop : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>A start that lasted this long was a success: the next failure begins with the first pause again.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(1);

    private readonly string name;
    private readonly Func<BackgroundLoop, CancellationToken, Task> run;
    private readonly TimeProvider time;
    private readonly Action<BackgroundLoop, Exception> failed;
    private readonly Action<BackgroundLoop> ended;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private Task running = Task.CompletedTask;
    private BackgroundLoopReport report;

    internal BackgroundLoop(
        string name, Func<BackgroundLoop, CancellationToken, Task> run, TimeProvider time, Action<BackgroundLoop, Exception> failed, Action<BackgroundLoop> ended)
    {
        (this.name, this.run, this.time, this.failed, this.ended) = (name, run, time, failed, ended);
        report = new BackgroundLoopReport(name, Failures: 0);
    }

    /// <summary>Does one piece of the loop's work. A failure is counted and reported, and the loop continues with the next piece.</summary>
    /// <param name="what">Completes "could not …" in the log.</param>
    /// <returns>False when it failed.</returns>
    public async Task<bool> Try(string what, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            Count($"could not {what}: {failure.Message}", failure, isPaused: false);
            return false;
        }
    }

    /// <summary>It has returned or was stopped, and does not start again.</summary>
    public bool HasEnded => running.IsCompleted;

    /// <summary>Asks it to end, without waiting.</summary>
    public void Stop() => stopping.Cancel();

    /// <summary>Ends it, and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stopping.Dispose();
    }

    internal void Begin() => running = Task.Run(Run, CancellationToken.None);

    internal BackgroundLoopReport Report()
    {
        lock (gate)
        {
            return report;
        }
    }

    private async Task Run()
    {
        var token = stopping.Token;
        var pause = FirstPause;
        try
        {
            while (!token.IsCancellationRequested)
            {
                var began = time.GetTimestamp();
                try
                {
                    await run(this, token).ConfigureAwait(false);
                    return;
                }
                catch (OperationCanceledException) when (token.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception failure)
                {
                    pause = time.GetElapsedTime(began) >= Healthy ? FirstPause : pause;
                    Count(failure.Message, failure, isPaused: true);
                }

                await Task.Delay(pause, time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                Resume();
            }
        }
        finally
        {
            ended(this);
        }
    }

    private void Count(string problem, Exception failure, bool isPaused)
    {
        lock (gate)
        {
            report = new BackgroundLoopReport(name, report.Failures + 1, problem, time.GetUtcNow(), isPaused);
        }

        failed(this, failure);
    }

    private void Resume()
    {
        lock (gate)
        {
            report = report with { IsPaused = false };
        }
    }
}
