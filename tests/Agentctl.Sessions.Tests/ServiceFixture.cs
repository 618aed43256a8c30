using System.Text.Json;
using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Sessions.Tests;

/// <summary>A service over planned adapters in a home of its own.</summary>
internal sealed class ServiceFixture : IAsyncDisposable
{
    public static readonly DateTimeOffset Then = new(2026, 11, 21, 11, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("agentctl-sessions-");
    private readonly List<SessionService> services = [];

    public FakeClock Clock { get; } = new();
    public PlannedAdapter Claude { get; } = new("claude-code");
    public PlannedAdapter Gateway { get; } = new("openclaw");
    public AgentctlConfig Config { get; init; } = new();
    public string AgentctlHome => Path.Combine(home.FullName, ".agentctl");

    /// <summary>A new service: as after a restart, nothing is remembered but what is on disk.</summary>
    public SessionService Start(bool watching)
    {
        var environment = new AgentEnvironment(home.FullName, new Dictionary<string, string>());
        var service = SessionService.Create(new SessionServiceOptions(environment, Config, Clock, watching) { Adapters = [Claude, Gateway] });
        services.Add(service);
        return service;
    }

    public static Sighting Seen(string adapter, string id, Holder holder, Signal signal) => new()
    {
        Adapter = adapter,
        Id = id,
        LastActivityAt = Then,
        Facts = new Facts
        {
            Holder = holder,
            Signal = signal,
            HolderEvidence = new Evidence("kernel", $"{holder}", Then),
            SignalEvidence = new Evidence("agent", $"{signal}", Then),
        },
    };

    public static Sighting Running(string adapter, string id) => Seen(adapter, id, Holder.Owner, Signal.Busy);

    public static async Task<SessionsDocument> List(SessionService service, ListQuery? query = null)
    {
        var reply = await service.List(query ?? new ListQuery(), Xunit.TestContext.Current.CancellationToken);
        Xunit.Assert.Equal(200, reply.Status);
        return JsonSerializer.Deserialize(reply.Whole().Span, ApiJson.Default.SessionsDocument)!;
    }

    /// <summary>The feed rests between two looks; here that takes no time.</summary>
    public bool AfterRest(Func<bool> isTrue)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(10));
        return isTrue();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services)
        {
            await service.DisposeAsync();
        }

        home.Delete(recursive: true);
    }
}
