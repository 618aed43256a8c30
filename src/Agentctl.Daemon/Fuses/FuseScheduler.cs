using System.Text.Json;
using System.Threading.Channels;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>
/// Fires fuses whose time is over, each on its own: one that hangs or fails delays no other. A fuse stays until its script was begun
/// (at most once) and its webhook has taken the message (at least once, with a delivery id), so the next daemon finishes what this one
/// could not.
/// </summary>
internal sealed partial class FuseScheduler : IAsyncDisposable
{
    /// <summary>The wall clock may be set meanwhile, and a timer has a longest time.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WebhookLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>Webhooks in flight at a time.</summary>
    private const int MostPosts = 128;

    private readonly DirectoryFuses fuses;
    private readonly string? shim;
    private readonly AgentEnvironment environment;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource disposing = new();
    private readonly Channel<bool> rings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileTree files;
    private readonly IDisposable watch;
    private readonly WebhookPost webhooks = new();
    private readonly SemaphoreSlim posts = new(MostPosts);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task> firing = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Retry> retries = new(StringComparer.Ordinal);
    private readonly BackgroundLoop loop;
    private HashSet<string> problems = [];

    private FuseScheduler(DirectoryFuses fuses, LaunchPlaces places, string? shim, AgentEnvironment environment, BackgroundLoops loops, TimeProvider time, ILogger log)
    {
        (this.fuses, this.shim, this.environment, this.time, this.log) = (fuses, shim, environment, time, log);
        files = new FileTree(places.Fuses, static name => name == "fuse.json", maxDepth: 2);
        watch = files.Watch(Ring, TimeSpan.FromMilliseconds(20));
        loop = loops.Start("fuses", Keep);
    }

    /// <param name="Outcome">Of the webhook, when only the script is still to be begun.</param>
    private sealed record Retry(int Tries, DateTimeOffset At, string? Outcome = null);

    public static FuseScheduler Start(
        DirectoryFuses fuses, LaunchPlaces places, string? shim, AgentEnvironment environment, BackgroundLoops loops, TimeProvider time, ILogger log) =>
        new(fuses, places, shim, environment, loops, time, log);

    public async ValueTask DisposeAsync()
    {
        await loop.DisposeAsync();
        await disposing.CancelAsync();
        Task[] left;
        lock (gate)
        {
            left = [.. firing.Values];
        }

        await Task.WhenAll(left);
        watch.Dispose();
        files.Dispose();
        webhooks.Dispose();
        posts.Dispose();
        disposing.Dispose();
    }

    private void Ring() => rings.Writer.TryWrite(true);

    private async Task Keep(BackgroundLoop self, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sleep = AfterFailure;
            await self.Try("read the fuses", _ => Task.FromResult(sleep = Round(self)), cancellationToken);
            using var alarm = new CancellationTokenSource(sleep, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, alarm.Token);
            try
            {
                await rings.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // A fuse is due.
            }
        }
    }

    /// <returns>How long until the next one is due.</returns>
    private TimeSpan Round(BackgroundLoop self)
    {
        var now = time.GetUtcNow();
        var next = now + LongestSleep;
        var unreadable = new List<string>();
        var burning = fuses.Burning(unreadable);
        Forget(burning.Select(static one => one.Id).ToHashSet(StringComparer.Ordinal));
        foreach (var (id, fuse) in burning)
        {
            lock (gate)
            {
                if (firing.ContainsKey(id))
                {
                    continue;
                }

                if (fuse.ExpiresAt > now)
                {
                    // Extended since it was tried last.
                    retries.Remove(id);
                }

                var due = retries.TryGetValue(id, out var retry) ? retry.At : fuse.ExpiresAt;
                if (due <= now)
                {
                    firing[id] = Task.Run(() => Fire(self, id, fuse), CancellationToken.None);
                }
                else if (due < next)
                {
                    next = due;
                }
            }
        }

        foreach (var problem in unreadable.Where(problem => !problems.Contains(problem)))
        {
            FuseProblem(log, problem);
        }

        problems = [.. unreadable];
        return next - now;
    }

    /// <summary>Fuses that were cancelled, or have fired, are not tried again.</summary>
    private void Forget(HashSet<string> burning)
    {
        lock (gate)
        {
            foreach (var gone in retries.Keys.Where(id => !burning.Contains(id) && !firing.ContainsKey(id)).ToList())
            {
                retries.Remove(gone);
            }
        }
    }

    /// <summary>How many fuses wait for another try.</summary>
    internal int Retrying
    {
        get
        {
            lock (gate)
            {
                return retries.Count;
            }
        }
    }

    private async Task Fire(BackgroundLoop self, string id, FuseRow fuse)
    {
        var cancellationToken = disposing.Token;
        try
        {
            if (!await self.Try($"fire the fuse on {fuse.Directory}", token => FireOnce(self, id, fuse, token), cancellationToken))
            {
                Postpone(id, AfterFailure);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The next daemon tries again.
        }
        finally
        {
            lock (gate)
            {
                firing.Remove(id);
            }

            Ring();
        }
    }

    private async Task FireOnce(BackgroundLoop self, string id, FuseRow fuse, CancellationToken cancellationToken)
    {
        var before = LastTry(id);
        var tries = before?.Tries ?? 0;
        if (tries == 0)
        {
            Fired(log, fuse.Directory, fuse.Label ?? "", fuse.OnExpire?.Event ?? "");
        }

        // At most once, however often this is tried.
        var hasBegun = shim is null || await self.Try($"begin the script of the fuse on {fuse.Directory}", _ => BeginScript(id, fuse), cancellationToken);
        var outcome = before?.Outcome ?? (fuse.OnExpire?.Webhook is { } webhook ? await Post(id, fuse, webhook, cancellationToken) : null);
        var isTaken = outcome is null or WebhookPost.Delivered or Inert;
        if (!(hasBegun && isTaken) && time.GetUtcNow() - fuse.ExpiresAt < WebhookLife)
        {
            Postpone(id, TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(tries, 12)))), isTaken ? outcome : null);
            WebhookFailed(log, fuse.Directory, tries + 1, isTaken ? "the script was not begun" : outcome!);
            return;
        }

        lock (gate)
        {
            retries.Remove(id);
        }

        fuses.SetFired(id, fuse, new FiredRecord(time.GetUtcNow(), outcome));
    }

    private Task BeginScript(string id, FuseRow fuse)
    {
        fuses.BeginScript(id, fuse, shim!, environment.Variables);
        return Task.CompletedTask;
    }

    /// <summary>The outcome of a webhook that can never be called.</summary>
    private const string Inert = "not called: not an http or https address";

    private async Task<string> Post(string id, FuseRow fuse, string webhook, CancellationToken cancellationToken)
    {
        if (WebhookAddress.TryParse(webhook) is not { } address)
        {
            FuseProblem(log, $"the webhook of the fuse on {fuse.Directory} is not called: {WebhookAddress.Wrong(webhook)}");
            return Inert;
        }

        await posts.WaitAsync(cancellationToken);
        try
        {
            var message = new FuseExpired("fuse.expired", fuse.Directory, fuse.SessionId, fuse.Label, fuse.OnExpire?.Event, fuse.ExpiresAt, id);
            return await webhooks.Send(address, JsonSerializer.SerializeToUtf8Bytes(message, ApiJson.Readable.FuseExpired), cancellationToken);
        }
        finally
        {
            posts.Release();
        }
    }

    private Retry? LastTry(string id)
    {
        lock (gate)
        {
            return retries.GetValueOrDefault(id);
        }
    }

    private void Postpone(string id, TimeSpan pause, string? outcome = null)
    {
        lock (gate)
        {
            retries[id] = new Retry((retries.GetValueOrDefault(id)?.Tries ?? 0) + 1, time.GetUtcNow() + pause, outcome);
        }
    }

    [LoggerMessage(EventId = 30, EventName = "FuseFired", Level = LogLevel.Information, Message = "the time of {Directory} is over ({Label} {EventWord})")]
    private static partial void Fired(ILogger log, string directory, string label, string eventWord);

    [LoggerMessage(EventId = 31, EventName = "FuseWebhookFailed", Level = LogLevel.Warning, Message = "the fuse on {Directory} is not finished after try {Try}: {Problem}")]
    private static partial void WebhookFailed(ILogger log, string directory, int @try, string problem);

    [LoggerMessage(EventId = 32, EventName = "FuseProblem", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void FuseProblem(ILogger log, string problem);
}
