using System.Net.Http.Headers;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>
/// Fires fuses whose time is over. A fuse stays until its script was begun (at most once) and its webhook has taken the message (at
/// least once, with a delivery id), so a daemon that dies in between leaves the rest to the next one.
/// </summary>
internal sealed partial class FuseKeeper : IAsyncDisposable
{
    /// <summary>The wall clock may be set meanwhile, and a timer has a longest time.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private static readonly TimeSpan WebhookPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WebhookLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly DirectoryFuses fuses;
    private readonly string? shim;
    private readonly AgentEnvironment environment;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource disposing = new();
    private readonly SemaphoreSlim ring = new(0);
    private readonly FileTree files;
    private readonly IDisposable watch;
    private readonly Dictionary<string, (int Tries, DateTimeOffset Next)> tries = new(StringComparer.Ordinal);
    private readonly Lazy<HttpClient> http = new(static () => new HttpClient { Timeout = WebhookPatience });
    private readonly Task running;

    private FuseKeeper(DirectoryFuses fuses, LaunchPlaces places, string? shim, AgentEnvironment environment, TimeProvider time, ILogger log)
    {
        (this.fuses, this.shim, this.environment, this.time, this.log) = (fuses, shim, environment, time, log);
        files = new FileTree(places.Fuses, static name => name == "fuse.json", maxDepth: 2);
        watch = files.Watch(() => ring.Release(), TimeSpan.FromMilliseconds(20));
        running = Task.Run(() => Keep(disposing.Token), CancellationToken.None);
    }

    public static FuseKeeper Start(DirectoryFuses fuses, LaunchPlaces places, string? shim, AgentEnvironment environment, TimeProvider time, ILogger log) =>
        new(fuses, places, shim, environment, time, log);

    public async ValueTask DisposeAsync()
    {
        await disposing.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        watch.Dispose();
        files.Dispose();
        if (http.IsValueCreated)
        {
            http.Value.Dispose();
        }

        disposing.Dispose();
        ring.Dispose();
    }

    private async Task Keep(CancellationToken cancellationToken)
    {
        while (true)
        {
            var sleep = LongestSleep;
            try
            {
                sleep = await Round(cancellationToken);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
            {
                FuseProblem(log, failure.Message);
                sleep = TimeSpan.FromSeconds(30);
            }

            using var alarm = new CancellationTokenSource(sleep, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, alarm.Token);
            try
            {
                await ring.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It is time to look again.
            }
        }
    }

    /// <returns>How long until the next look.</returns>
    private async Task<TimeSpan> Round(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var next = time.GetUtcNow() + LongestSleep;
        foreach (var (id, fuse) in fuses.Burning(problems))
        {
            var due = fuse.ExpiresAt <= time.GetUtcNow() ? tries.TryGetValue(id, out var tried) ? tried.Next : fuse.ExpiresAt : fuse.ExpiresAt;
            if (due <= time.GetUtcNow())
            {
                due = await Fire(id, fuse, cancellationToken);
            }

            next = due < next ? due : next;
        }

        foreach (var problem in problems)
        {
            FuseProblem(log, problem);
        }

        return next - time.GetUtcNow() is var sleep && sleep > TimeSpan.Zero ? sleep : TimeSpan.FromMilliseconds(1);
    }

    /// <returns>When it is to be tried again; far away when it is over.</returns>
    private async Task<DateTimeOffset> Fire(string id, FuseRow fuse, CancellationToken cancellationToken)
    {
        var tried = tries.GetValueOrDefault(id).Tries;
        if (tried == 0)
        {
            Fired(log, fuse.Directory, fuse.Label ?? "", fuse.OnExpire?.Event ?? "");
            if (shim is not null)
            {
                fuses.BeginScript(id, fuse, shim, environment.Variables);
            }
        }

        string? outcome = null;
        if (fuse.OnExpire?.Webhook is { } address)
        {
            outcome = await Post(id, fuse, address, cancellationToken);
            if (outcome != "delivered" && time.GetUtcNow() - fuse.ExpiresAt < WebhookLife)
            {
                var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(tried, 12))));
                tries[id] = (tried + 1, time.GetUtcNow() + pause);
                WebhookFailed(log, fuse.Directory, tried + 1, outcome);
                return time.GetUtcNow() + pause;
            }
        }

        tries.Remove(id);
        fuses.SetFired(id, new FiredRecord(time.GetUtcNow(), outcome));
        return DateTimeOffset.MaxValue;
    }

    private async Task<string> Post(string id, FuseRow fuse, string address, CancellationToken cancellationToken)
    {
        try
        {
            using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(
                new FuseExpired("fuse.expired", fuse.Directory, fuse.SessionId, fuse.Label, fuse.OnExpire?.Event, fuse.ExpiresAt, id), ApiJson.Readable.FuseExpired));
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.Value.PostAsync(address, body, cancellationToken);
            return answer.IsSuccessStatusCode ? "delivered" : $"it answered {(int)answer.StatusCode}";
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return failure is OperationCanceledException ? "it did not answer in time" : failure.Message;
        }
    }

    [LoggerMessage(EventId = 30, EventName = "FuseFired", Level = LogLevel.Information, Message = "the time of {Directory} is over ({Label} {EventWord})")]
    private static partial void Fired(ILogger log, string directory, string label, string eventWord);

    [LoggerMessage(EventId = 31, EventName = "FuseWebhookFailed", Level = LogLevel.Warning, Message = "the webhook of the fuse on {Directory} failed, try {Try}: {Problem}")]
    private static partial void WebhookFailed(ILogger log, string directory, int @try, string problem);

    [LoggerMessage(EventId = 32, EventName = "FuseProblem", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void FuseProblem(ILogger log, string problem);
}
