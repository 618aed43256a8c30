using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

/// <summary>A home with an OpenClaw state folder, and an adapter that looks at it with short deadlines.</summary>
internal sealed class GatewayHome : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static readonly GatewayDeadlines Short = new()
    {
        Connect = TimeSpan.FromSeconds(2),
        Upgrade = TimeSpan.FromMilliseconds(300),
        Challenge = TimeSpan.FromMilliseconds(300),
        Hello = TimeSpan.FromMilliseconds(400),
        Call = TimeSpan.FromMilliseconds(500),
        Look = TimeSpan.FromSeconds(10),
    };

    /// <summary>For looks that must succeed, also on a busy machine.</summary>
    public static readonly GatewayDeadlines Long = new()
    {
        Connect = Deadline,
        Upgrade = Deadline,
        Challenge = Deadline,
        Hello = Deadline,
        Call = Deadline,
        Look = Deadline,
    };

    private readonly List<OpenClawAdapter> adapters = [];

    public string Path { get; } = Directory.CreateTempSubdirectory("agentctl-openclaw-").FullName;
    public Dictionary<string, string> Variables { get; } = [];
    public FakeProcessTable Processes { get; } = new();
    public string State => System.IO.Path.Combine(Path, ".openclaw");

    public static GatewayHome For(ScriptedGateway gateway, string? token = null)
    {
        var home = new GatewayHome();
        home.Config($$"""{ "gateway": { "mode": "local", "port": {{gateway.Port}}, "auth": { "mode": "token", "token": "{{token ?? gateway.Script.Token}}" } } }""");
        return home;
    }

    public void Config(string text)
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(System.IO.Path.Combine(State, "openclaw.json"), text);
    }

    public void Lock(int pid, ulong startTicks, int port)
    {
        var folder = System.IO.Path.Combine(State, "tmp", "openclaw-1000");
        Directory.CreateDirectory(folder);
        // As the gateway writes it: white space behind the JSON.
        File.WriteAllText(
            System.IO.Path.Combine(folder, "gateway.75aedbce.lock"),
            $$"""{ "pid": {{pid}}, "ownerId": "83352fe3", "createdAt": "2026-11-21T06:46:07.478Z", "port": {{port}}, "startTime": {{startTicks}} }""" + "\n\t\t \t \n");
    }

    public AgentEnvironment Environment => new(Path, Variables);

    public OpenClawAdapter Adapter(GatewayDeadlines? deadlines = null, OpenClawSettings? settings = null)
    {
        var adapter = new OpenClawAdapter(
            Environment, settings ?? OpenClawSettings.None, TimeProvider.System, deadlines ?? Long, deadlines ?? Long,
            () => new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), () => 0.5));
        adapters.Add(adapter);
        return adapter;
    }

    public DiscoveryContext Context(Reach reach = Reach.All, DateTimeOffset? since = null) => new(reach, since ?? DateTimeOffset.UnixEpoch, Processes);

    public Task<AdapterAnswer> Look(Reach reach = Reach.All, GatewayDeadlines? deadlines = null, OpenClawSettings? settings = null) =>
        Adapter(deadlines, settings).Discover(Context(reach), TestContext.Current.CancellationToken).WaitAsync(Deadline);

    public async Task<string> CannotLook(GatewayDeadlines? deadlines = null, OpenClawSettings? settings = null) =>
        (await Assert.ThrowsAsync<CannotLookException>(() => Look(deadlines: deadlines, settings: settings))).Message;

    public async ValueTask DisposeAsync()
    {
        foreach (var adapter in adapters)
        {
            await adapter.DisposeAsync();
        }

        Directory.Delete(Path, recursive: true);
    }
}

internal static class Answers
{
    public static Dictionary<string, (SessionState State, string? Reason)> States(this AdapterAnswer answer) =>
        answer.Sightings.ToDictionary(seen => seen.Id, seen => (VerdictRules.Decide(seen.Facts).State, VerdictRules.Decide(seen.Facts).Reason));

    public static int Active(this AdapterAnswer answer) => answer.Sightings.Count(seen => VerdictRules.Decide(seen.Facts).State.IsActive());
}
