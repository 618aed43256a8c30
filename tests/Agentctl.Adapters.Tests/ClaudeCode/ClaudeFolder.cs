using System.Text.Json.Nodes;
using Agentctl.Adapters.ClaudeCode;
using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>A home with a <c>.claude</c> folder of recorded files, and the processes that are said to live.</summary>
internal sealed class ClaudeFolder : IDisposable
{
    public const string MachineId = "0123456789abcdef0123456789abcdef";
    public const string OurDomain = $"linux:{MachineId}:pid:[4026531836]";

    public static readonly DateTimeOffset StatusAt = new(2026, 11, 21, 7, 0, 0, TimeSpan.Zero);

    private static readonly string Recorded = Path.Combine(AppContext.BaseDirectory, "ClaudeCode", "Fixtures", "2.1.329");

    public ClaudeFolder()
    {
        Home = Directory.CreateTempSubdirectory("claude-").FullName;
        Adapter = new ClaudeCodeAdapter(new AgentEnvironment(Home, new Dictionary<string, string>()), MachineId);
    }

    public string Home { get; }
    public FakeProcessTable Processes { get; } = new();
    public ClaudeCodeAdapter Adapter { get; }

    /// <summary>Full path of a file below <c>~/.claude</c>; its folder is made.</summary>
    public string PathOf(params string[] parts)
    {
        var path = Path.Combine([Home, ".claude", .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public string Write(string content, params string[] parts)
    {
        var path = PathOf(parts);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Puts a recorded transcript, and what its sub-agents wrote, in its place.</summary>
    public string Transcript(string id)
    {
        var source = Path.Combine(Recorded, "projects", "-home-dev-proj");
        foreach (var file in Directory.GetFiles(source, "*.jsonl", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(source, file);
            if (name.StartsWith(id, StringComparison.Ordinal))
            {
                File.Copy(file, PathOf("projects", "-home-dev-proj", name));
            }
        }

        return PathOf("projects", "-home-dev-proj", id + ".jsonl");
    }

    /// <summary>A transcript of these lines, as Claude writes them.</summary>
    public string Transcript(string id, params string[] lines) => Write(string.Concat(lines.Select(static line => line + "\n")), "projects", "-home-dev-proj", id + ".jsonl");

    public static string RecordedRegistryFile => File.ReadAllText(Path.Combine(Recorded, "sessions", "8663.json"));

    /// <summary>Writes <c>sessions/&lt;pid&gt;.json</c>.</summary>
    public string Register(
        int pid, string sessionId, string? status = "busy", string? startTicks = "1000", string kind = "interactive", string entrypoint = "sdk-cli",
        string? waitingFor = null, string? jobId = null, string? pidDomain = OurDomain, long startedAt = 1795243648248, string cwd = "/home/dev/proj")
    {
        var entry = new JsonObject
        {
            ["pid"] = pid, ["sessionId"] = sessionId, ["cwd"] = cwd, ["startedAt"] = startedAt, ["version"] = "2.1.329", ["peerFeatures"] = new JsonArray("notify_idle"),
            ["kind"] = kind, ["entrypoint"] = entrypoint, ["name"] = "proj-38", ["nameSource"] = "derived",
        };
        Add("procStart", startTicks);
        Add("pidDomain", pidDomain);
        Add("status", status);
        Add("waitingFor", waitingFor);
        Add("jobId", jobId);
        if (status is not null)
        {
            entry["statusUpdatedAt"] = StatusAt.ToUnixTimeMilliseconds();
        }

        return Write(entry.ToJsonString(), "sessions", $"{pid}.json");

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                entry[name] = value;
            }
        }
    }

    /// <summary>Writes what Claude's daemon keeps of one background job.</summary>
    public void Background(string sessionId, string state = "working", int? worker = 11263, string tempo = "active")
    {
        var shortId = sessionId[..8];
        var workers = worker is null ? "" : $$"""
            "{{shortId}}":{"pid":11249,"procStart":"900","sessionId":"{{sessionId}}","attempt":1,"rvAuth":"87fc01-secret","replPid":{{worker}},"replProcStart":"1000"}
            """;
        Write($$"""{"proto":1,"supervisorPid":11242,"updatedAt":1795243724491,"workers":{ {{workers}} } }""", "daemon", "roster.json");
        Write("""{"pid":11242,"version":"2.1.329","startedAt":1795243723853,"origin":"transient","procStart":"800"}""", "daemon.lock");
        Write($$"""
            {"state":"{{state}}","detail":"…","tempo":"{{tempo}}","intent":"SLEEP 8 background","sessionId":"{{sessionId}}","daemonShort":"{{shortId}}",
             "cwd":"/home/dev/proj","createdAt":"2026-11-21T06:48:43.674Z","updatedAt":"2026-11-21T06:48:52.852Z","firstTerminalAt":null,"backend":"daemon"}
            """, "jobs", shortId, "state.json");
    }

    public DiscoveryContext Context(Reach reach = Reach.All, DateTimeOffset? since = null) => new(reach, since ?? DateTimeOffset.UnixEpoch, Processes);

    public Task<AdapterAnswer> Discover(Reach reach = Reach.All, DateTimeOffset? since = null) =>
        Adapter.Discover(Context(reach, since), Xunit.TestContext.Current.CancellationToken);

    /// <summary>The only session there is, and the verdict on it.</summary>
    public async Task<Session> Only(Reach reach = Reach.All) => Session.From(Xunit.Assert.Single((await Discover(reach)).Sightings));

    /// <summary>One of the sessions there are.</summary>
    public async Task<Session> The(string id, Reach reach = Reach.All) => Session.From(Xunit.Assert.Single((await Discover(reach)).Sightings, sighting => sighting.Id == id));

    public void Dispose()
    {
        Adapter.Dispose();
        Directory.Delete(Home, recursive: true);
    }
}

/// <summary>The recorded transcripts.</summary>
internal static class Ids
{
    public const string Finished = "2a0e5465-bdb1-4411-99f0-e393f2e87b89";
    public const string KilledInATurn = "d914a15a-e763-401b-b034-85317748393a";
    public const string Terminated = "e6d80ecb-ae6b-4e90-9795-13c47dc1f8c5";
    public const string Interrupted = "a2c14d99-e30f-4572-8dc9-10a80eebfbbd";
    public const string ApiError = "c3bebeb4-92cc-41aa-9b30-6f0b78b9a6fd";
    public const string BeforeClear = "246cdbc0-0a07-4722-b459-0d1781a78414";
    public const string AfterClear = "a5c60331-2f5b-4c86-bdbe-1058219a6677";
    public const string WithSubAgent = "1b646a2a-22e7-436a-a241-daffa2862517";
    public const string TwoBlocks = "50b0f446-9d80-4879-a6e6-812ae3908b23";
    public const string Forked = "04c62eaf-f0df-4992-bba2-2c11513bc4cf";
    public const string Background = "f58db11f-f5db-4d75-b7ea-1918161d6ab7";
    public const string NeverAsked = "cf68b48e-a306-4d49-a6ee-1ab8d6d947b5";
    public const string TwoProcesses = "5399007a-23be-49a2-9421-85b0571cd32f";
    public const string ClosedOnToolResult = "2b248ba3-8592-4f78-a1d6-fa45eae554d2";
}
