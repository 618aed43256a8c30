using System.Globalization;
using Agentctl.Adapters.Codex;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

/// <summary>A home with a Codex folder made of recorded rollouts, a process table beside it, and an adapter that looks at both.</summary>
internal sealed class CodexHome : IDisposable
{
    public const string Finished = "01a1fcdb-c06a-7f43-9bef-1dc6ab81d532";
    public const string Terminated = "01a1fcdc-f8fa-7ab2-ba39-3dba0f7ee5be";
    public const string Interrupted = "01a1fcdd-04c7-74c2-85a2-7664a1f6dbac";
    public const string Failing = "01a1fcdd-146c-70c2-8fbf-326f67e705a8";
    public const string KilledThenResumed = "01a1fcdc-ee0d-7d41-b63c-863b4f3ef0ed";
    public const string Forked = "01a1fcdd-2c42-7480-ae46-a2c217912fab";
    public const string Tui = "01a1fcdd-8c9d-70c0-ae3c-f8ecfdf387a7";
    public const string Ide = "01a1fcf8-4176-7192-bc6a-660e8096d2db";
    public const string WithTool = "01a1fcde-8430-7ad3-9c02-4fd77282fae1";
    public const string Spawned = "01a1fcf9-16eb-7fb2-afb7-ca6456af0134";
    public const string AsksHuman = "01a1fcf9-f087-7271-b67b-8bbf19c4f9a7";
    public const string AsksApproval = "01a1fcdf-42aa-70c2-a02f-926d45b7977b";
    public const string OldCore = "01a1fce3-f70e-7680-95ef-cab2d636b513";

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("agentctl-codex-");

    public CodexHome(params (string Name, string Value)[] variables)
    {
        Codex = Path.Combine(root.FullName, ".codex");
        Adapter = new CodexAdapter(new AgentEnvironment(root.FullName, variables.ToDictionary(v => v.Name, v => v.Value)));
    }

    public string Home => root.FullName;
    public string Codex { get; }
    public CodexAdapter Adapter { get; }
    public FakeProcessTable Processes { get; init; } = new();

    /// <summary>The recorded file of a thread.</summary>
    public static string Recorded(string id) =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Codex", "Fixtures"), $"*{id}.jsonl", SearchOption.AllDirectories).Single();

    /// <summary>Puts a recorded rollout where Codex would; returns its path.</summary>
    /// <param name="lines">Only the first lines of it.</param>
    public string Rollout(string id, int? lines = null, string? folder = null)
    {
        var path = Path.Combine(Codex, folder ?? "sessions/2026/11/21", Path.GetFileName(Recorded(id)));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, File.ReadLines(Recorded(id)).Take(lines ?? int.MaxValue));
        return path;
    }

    /// <summary>Makes a lock file, held by a process or by nobody.</summary>
    public string Lock(string id, ProcessEntry? holder = null, int? pid = null)
    {
        var path = Path.Combine(Codex, "thread-writer-locks", id + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        if (holder is FakeProcess process)
        {
            process.Files = [.. process.Files ?? [], new OpenFile(40 + (process.Files?.Count ?? 0), path, true)];
        }

        if (holder is not null || pid is not null)
        {
            Processes.Hold("FLOCK", pid ?? holder!.Pid, NativeFile.Stat(path)!.Value.Inode);
        }

        return path;
    }

    /// <summary>A process that was started before any recorded turn.</summary>
    public FakeProcess Process(int pid = 4711, int terminal = 0, string startedAt = "2026-11-21T06:00:00Z") =>
        Processes.Add(pid, startedAt: At(startedAt), terminal: terminal, comm: "codex");

    public static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    public Task<AdapterAnswer> Discover(Reach reach, string since = "2020-01-01T00:00:00Z") =>
        Adapter.Discover(new DiscoveryContext(reach, At(since), Processes), Deadline());

    public async Task<Session> Only(Reach reach = Reach.All)
    {
        var answer = await Discover(reach);
        Assert.Empty(answer.Problems);
        return Session.From(Assert.Single(answer.Sightings));
    }

    public async Task<Session?> Find(string id) =>
        await Adapter.Find(id, new DiscoveryContext(Reach.Active, default, Processes), Deadline()) is { } sighting ? Session.From(sighting) : null;

    public async Task<List<TranscriptEntry>> Transcript(string id, TranscriptRange? range = null)
    {
        var entries = new List<TranscriptEntry>();
        await foreach (var entry in Adapter.ReadTranscript(id, range ?? new TranscriptRange(), Deadline()))
        {
            entries.Add(entry);
        }

        return entries;
    }

    public static CancellationToken Deadline() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    public void Dispose()
    {
        Adapter.Dispose();
        root.Delete(recursive: true);
    }
}
