using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

/// <summary>Fuses with webhooks of every kind: one never delays or ends the others.</summary>
public sealed class FuseSchedulerTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TempHome home = new();
    private readonly LaunchPlaces places;
    private readonly DirectoryFuses fuses;
    private readonly CappedFile logFile;
    private readonly BackgroundLoops loops = new(TimeProvider.System);
    private readonly List<string> directories = [];
    private FuseScheduler? scheduler;

    public FuseSchedulerTests()
    {
        places = new LaunchPlaces(home.AgentctlHome);
        fuses = new DirectoryFuses(places, TimeProvider.System);
        logFile = new CappedFile(DaemonProtocol.LogPath(home.AgentctlHome), 1 << 20);
    }

    public async ValueTask DisposeAsync()
    {
        if (scheduler is not null)
        {
            await scheduler.DisposeAsync();
        }

        logFile.Dispose();
        home.Dispose();
    }

    /// <summary>What ended the whole keeper before: an exception that no list named.</summary>
    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200\u001b]0;x\u0007 OK\r\n\r\n")]
    [InlineData("\u001b[31mnonsense\r\n\r\n")]
    public async Task Hostile_answer_does_not_stop_the_other_fuses(string response)
    {
        await using var hostile = WebhookReceiver.Answering(response);
        await using var good = WebhookReceiver.Answering("HTTP/1.1 204 No Content\r\n\r\n");
        var bad = Set(hostile.Address);
        Start();
        await Eventually.True("the hostile webhook called", Deadline, () => hostile.Requests.Count > 0);

        var later = Set(good.Address);

        await Delivered(later);
        Assert.Single(good.Requests);
        Assert.DoesNotContain(Log(), static character => character is '\u001b' or '\u0007');
        Assert.Contains(fuses.Burning([]), one => one.Fuse.Directory == bad);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_is_not_followed_and_not_a_delivery(int status)
    {
        await using var target = WebhookReceiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var redirecting = WebhookReceiver.Answering($"HTTP/1.1 {status} Moved\r\nLocation: {target.Address}\r\nContent-Length: 0\r\n\r\n");
        var directory = Set(redirecting.Address);

        Start();

        await Eventually.True("the failed delivery in the log", Deadline, () => Log().Contains($"it answered {status}, a redirect, and redirects are not followed", StringComparison.Ordinal));
        Assert.Empty(target.Requests);
        Assert.Contains(fuses.Burning([]), one => one.Fuse.Directory == directory);
    }

    [Fact]
    public async Task Hanging_webhooks_do_not_delay_the_others()
    {
        await using var hanging = WebhookReceiver.Hanging();
        await using var good = WebhookReceiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        for (var count = 0; count < 8; count++)
        {
            Set(hanging.Address);
        }

        Start();
        await Eventually.True("eight hanging webhooks", Deadline, () => hanging.Requests.Count == 8);

        await Delivered(Set(good.Address));

        Assert.Equal(8, hanging.Requests.Count);
    }

    [Fact]
    public async Task Answer_without_end_is_a_delivery_and_costs_no_memory()
    {
        await using var endless = WebhookReceiver.Endless();
        var directory = Set(endless.Address);
        Start();

        await Delivered(directory);

        Assert.Single(endless.Requests);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, 100 << 20);
    }

    /// <summary>As an import from the Node tool, or an editor, may have left them.</summary>
    [Theory]
    [InlineData("not a url")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://[::1")]
    [InlineData("")]
    [InlineData("//host/path")]
    public async Task Webhook_that_is_no_address_is_inert_and_named(string webhook)
    {
        await using var good = WebhookReceiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var inert = Set(webhook);
        var other = Set(good.Address);

        Start();

        await Delivered(other);
        await Delivered(inert);
        Assert.Contains($"the webhook of the fuse on {inert} is not called: '{webhook}' is not an http or https address.", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_record_costs_that_fuse_only()
    {
        await using var good = WebhookReceiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var damaged = Directory.CreateDirectory(Path.Combine(places.Fuses, LaunchId.New())).FullName;
        await File.WriteAllTextAsync(Path.Combine(damaged, "fuse.json"), """{"ttlMs":1,"expiresAt":"2020-01-01T00:00:00Z"}""");
        var directory = Set(good.Address);

        Start();

        await Delivered(directory);
        Assert.Contains("a fuse cannot be read", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loop_survives_an_exception_that_nobody_expects()
    {
        await using var good = WebhookReceiver.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var time = new FailingTime();
        Start(time);
        time.Fails = true;
        Set(good.Address);
        await Eventually.True("the failure counted", Deadline, () => loops.Reports().Single() is { Name: "fuses", Failures: > 0 });

        time.Fails = false;

        await Delivered(Set(good.Address));
    }

    /// <summary>What was remembered of a fuse outlived it.</summary>
    [Fact]
    public async Task Cancelled_fuse_is_forgotten()
    {
        var directory = Set("http://127.0.0.1:1/nobody-listens");
        Start();
        await Eventually.True("a failed try", Deadline, () => scheduler!.Retrying == 1);

        Assert.True(fuses.Cancel(directory));

        await Eventually.True("nothing is remembered", Deadline, () => scheduler!.Retrying == 0);
    }

    private void Start(TimeProvider? time = null) => scheduler = FuseScheduler.Start(
        fuses, places, shim: null, home.Environment(), loops, time ?? TimeProvider.System, new CappedFileLoggerProvider(logFile, TimeProvider.System).CreateLogger("Agentctl.Fuses"));

    /// <summary>A fuse that is due, on a directory of its own.</summary>
    private string Set(string webhook)
    {
        var directory = Directory.CreateDirectory(Path.Combine(home.Root, $"work-{directories.Count}")).FullName;
        directories.Add(directory);
        fuses.Set(new FuseRow(directory, 1, DateTimeOffset.UtcNow, "", new FuseAction(Webhook: webhook)));
        return directory;
    }

    private Task Delivered(string directory) => Eventually.True(
        $"the end of the fuse on {directory}; log: {Log()}", Deadline, () => !fuses.Burning([]).Any(one => one.Fuse.Directory == directory));

    private string Log() => File.Exists(DaemonProtocol.LogPath(home.AgentctlHome)) ? File.ReadAllText(DaemonProtocol.LogPath(home.AgentctlHome)) : "";

    /// <summary>A clock that throws what no catch list names.</summary>
    private sealed class FailingTime : TimeProvider
    {
        private volatile bool fails;

        public bool Fails { set => fails = value; }

        public override DateTimeOffset GetUtcNow() => fails ? throw new InvalidOperationException("no time") : base.GetUtcNow();
    }
}
