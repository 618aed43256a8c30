using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos.Soak;

/// <summary>A day in minutes: what agentctl tells, second by second, against a witness that shares none of its code.</summary>
public sealed class SoakTests : IAsyncLifetime
{
    /// <summary>Zero equals zero proves nothing: so many samples must have had an active run and a lock.</summary>
    private const int QualifyingSamples = 100;

    /// <summary>And in so many the gateway had time for the witness too, so that the runs were compared.</summary>
    private const int JudgedSamples = 25;

    /// <summary>AGENTCTL_SOAK=full (or <c>./test --soak</c>): longer, and with more of everything.</summary>
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("AGENTCTL_SOAK") == "full";

    /// <summary>The samples stay there to be read, and the report.</summary>
    private static readonly string Logs = Path.Combine(Repository.Root, "artifacts", "test-logs");

    private Sandbox sandbox = null!;
    private OpenClawGateway gateway = null!;
    private AgentctlCli agentctl = null!;

    public async ValueTask InitializeAsync()
    {
        sandbox = await Sandbox.Create();
        try
        {
            await FakeModelProcess.Start(sandbox);
            gateway = await OpenClawGateway.Start(sandbox);
            agentctl = new AgentctlCli(sandbox, withDaemon: true);
        }
        catch
        {
            // xunit disposes only what was initialized to the end.
            await sandbox.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await agentctl.Quietly("stop", "--all", "--force");
        await sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_day_in_minutes_is_told_as_it_is()
    {
        var length = IsFull ? TimeSpan.FromMinutes(20) : TimeSpan.FromMinutes(3);
        var storm = new Storm(sandbox, gateway, agentctl, length);
        storm.Prepare();
        var job = (await gateway.Call("cron.add", new JsonObject
        {
            ["name"] = "often",
            ["schedule"] = new JsonObject { ["kind"] = "every", ["everyMs"] = 10_000 },
            ["sessionTarget"] = "isolated",
            ["wakeMode"] = "now",
            ["payload"] = new JsonObject { ["kind"] = "agentTurn", ["message"] = "SLEEP 1 and SAY it is time" },
        })).GetProperty("id").GetString()!;
        Assert.Equal(0, (await agentctl.Run("daemon", "start")).ExitCode);
        var filesBefore = FilesOfHome();
        var report = Path.Combine(Directory.CreateDirectory(Logs).FullName, "soak.jsonl");
        File.Delete(report);
        var stop = Path.Combine(sandbox.Root, "enough");
        var checker = sandbox.Start(
            [
                InstalledAgents.Node, Path.Combine(Repository.Root, "tests/Agentctl.Chaos/Soak/checker.mjs"),
                new JsonObject
                {
                    ["agentctl"] = AgentctlCli.Program, ["home"] = sandbox.AgentctlHome, ["pids"] = storm.Pids, ["out"] = report, ["stop"] = stop,
                    ["gateway"] = new JsonObject { ["url"] = OpenClawGateway.Url, ["token"] = OpenClawGateway.Token },
                }.ToJsonString(),
            ], agentctl.Variables);

        // How many runs a gateway gets done in the time depends on the machine.
        var wanted = IsFull ? 400 : 30;
        await storm.Rage(() => checker.HasExited || (storm.Hooks >= wanted && HasEnough(Samples(report))), TestContext.Current.CancellationToken);

        await gateway.Call("cron.remove", new JsonObject { ["id"] = job });

        // After the storm everything comes to rest by itself: nothing is restarted, nothing is cleaned.
        var calm = await Eventually.See("all to be at rest", TimeSpan.FromSeconds(120), Counts, static counts => counts == "0 active, 0 locks, 0 open one-shots, 0 live launches");
        File.WriteAllText(stop, "");
        Assert.Equal(0, (await checker.Exit()).ExitCode);

        var samples = Samples(report);
        var totals = JsonDocument.Parse(File.ReadAllText(report + ".totals")).RootElement;
        var runs = (await gateway.Call("sessions.list", new JsonObject { ["limit"] = 5000 })).GetProperty("sessions").GetArrayLength();
        var (second, last) = (Memory(samples, 0.25, 0.5), Memory(samples, 0.75, 1));
        Publish($"""
            A day in minutes: {samples.Count} samples, {totals.GetProperty("qualifying")} with an active run and a lock; the runs of {totals.GetProperty("judged")} judged; {totals.GetProperty("gatewayMute")} while the gateway could not answer (at most {totals.GetProperty("maxUnknown")} unknown), {totals.GetProperty("gatewayDead")} while it was dead, {totals.GetProperty("gatewayBusy")} within 2 s of its being too busy for anybody.
            {runs} sessions at the gateway (at most {totals.GetProperty("maxActive")} active at a time), {storm.Launches} local launches killed (at most {totals.GetProperty("maxLocks")} directories held), {storm.Hosts} one-shots whose host died (at most {totals.GetProperty("maxOneShots")} alive).
            {totals.GetProperty("violations")} disagreements outside 2 s. Afterwards {calm}. The daemon's memory: {second} MB in the second quarter, {last} MB in the last.
            """);
        Assert.True(totals.GetProperty("violations").GetInt32() == 0, string.Join('\n', samples.Where(static one => one.GetProperty("violations").GetArrayLength() > 0).Take(20)));
        Assert.True(totals.GetProperty("qualifying").GetInt32() >= QualifyingSamples, "too few samples had something to be wrong about");
        Assert.True(samples.Count(IsJudged) >= JudgedSamples, "the runs of too few samples were judged");
        Assert.True(runs >= wanted, $"only {runs} sessions at the gateway");
        Assert.True(storm.Launches >= 80, $"only {storm.Launches} local launches");
        Assert.True(last <= second * 1.1, $"the daemon's memory grew from {second} to {last} MB");
        Assert.DoesNotContain((await Rows("list", "-a", "--json")).EnumerateArray(), static row => !IsHeartbeat(row) && row.GetProperty("status").GetString() is "running" or "idle" or "starting" or "waiting");
        Assert.Equal(filesBefore, FilesOfHome());
    }

    /// <summary>The gateway's own, which may run at any moment, also when nobody wants anything of it.</summary>
    private static bool IsHeartbeat(JsonElement row) => row.GetProperty("id").GetString() == "agent:main:main";

    private static bool HasEnough(List<JsonElement> samples) => samples.Count(IsQualifying) >= QualifyingSamples && samples.Count(IsJudged) >= JudgedSamples;

    private static bool IsJudged(JsonElement sample) => sample.GetProperty("judged").GetBoolean();

    private static bool IsQualifying(JsonElement sample) =>
        sample.GetProperty("active") is { ValueKind: JsonValueKind.Number } active && active.GetInt32() > 0 && sample.GetProperty("locks").GetInt32() > 0;

    private static List<JsonElement> Samples(string report) =>
        File.Exists(report) ? [.. File.ReadAllText(report).Split('\n').SkipLast(1).Select(static line => JsonDocument.Parse(line).RootElement)] : [];

    /// <summary>The least memory the daemon had in a part of the samples, in MB: what it holds. What comes between two collections is the collector's business.</summary>
    private static double Memory(List<JsonElement> samples, double from, double to)
    {
        var part = samples[(int)(samples.Count * from)..(int)(samples.Count * to)].Select(static one => one.GetProperty("rssKb")).Where(static kb => kb.ValueKind == JsonValueKind.Number).Select(static kb => kb.GetInt32()).Order().ToList();
        return Math.Round(part[0] / 1024.0, 1);
    }

    private async Task<string> Counts()
    {
        var active = (await Rows("list", "--json")).EnumerateArray().Count(static row => !IsHeartbeat(row));
        var locks = (await Rows("locks", "--json")).GetArrayLength();
        var open = (await Rows("sessions", "list", "--json")).EnumerateArray().Count(static one => one.GetProperty("mode").GetString() == "oneshot");
        var live = Directory.GetFiles(Path.Combine(sandbox.AgentctlHome, "live")).Length;
        return string.Create(CultureInfo.InvariantCulture, $"{active} active, {locks} locks, {open} open one-shots, {live} live launches");
    }

    private async Task<JsonElement> Rows(params string[] command)
    {
        var result = await agentctl.Quietly(command);
        Assert.True(result.ExitCode is 0 or 6, $"agentctl {string.Join(' ', command)} ended with {result.ExitCode}: {result.Error}");
        return JsonDocument.Parse(result.Output).RootElement;
    }

    /// <summary>Records expire by their age, and so does what adapters last said; a lock's file stays, and logs have a cap (docs/specs/files.md).</summary>
    private static readonly string[] Staying = ["launches/", "acp/", "acp-scopes/", "acp-scope-lock", "cache/", "logs/"];

    /// <summary>All that is not there for a reason of its own.</summary>
    private List<string> FilesOfHome() =>
        [.. Directory.GetFiles(sandbox.AgentctlHome, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(sandbox.AgentctlHome, file))
            .Where(static file => !Staying.Any(prefix => file.StartsWith(prefix, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    private void Publish(string text)
    {
        sandbox.Tell(text);
        File.WriteAllText(Path.Combine(Logs, "soak.txt"), text + "\n");
    }
}
