using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;

namespace Agentctl.Launches.Tests;

/// <summary>An AGENTCTL_HOME with launches laid out by hand, on a real file system with real locks.</summary>
internal sealed class Home : IDisposable
{
    public static readonly DateTimeOffset Then = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public Home()
    {
        Path = Directory.CreateTempSubdirectory("launches-").FullName;
        Places = new LaunchPlaces(Path);
        Store = new LaunchStore(Path);
        Undertaker = new Undertaker(Places, new LaunchHooks(Places, null, new Dictionary<string, string>()));
        Locks = new DirectoryLocks(Places, Clock);
    }

    public string Path { get; }
    public FakeClock Clock { get; } = new();
    public LaunchPlaces Places { get; }
    public LaunchStore Store { get; }
    public Undertaker Undertaker { get; }
    public DirectoryLocks Locks { get; }

    /// <summary>A launch of this machine and boot, as its launcher leaves it when its shim runs.</summary>
    public LaunchRecord Lay(Func<LaunchRecord, LaunchRecord>? change = null, AgentRecord? agent = null, ExitRecord? exit = null, StopRecord? stop = null)
    {
        var processes = ProcessTable.Take();
        var record = new LaunchRecord
        {
            Id = LaunchId.New(), Adapter = "codex", LaunchedAt = Then, BootId = processes.BootId, Host = processes.Host, PidNamespace = processes.PidNamespace,
            Program = "/bin/agent", Arguments = ["--secret-argument"], Cwd = "/work", Prompt = "do it",
        };
        record = change?.Invoke(record) ?? record;
        Directory.CreateDirectory(Places.Live);
        File.WriteAllBytes(Places.LiveMarker(record.Id), []);
        var folder = Directory.CreateDirectory(Places.Of(record.Id)).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(folder, LaunchFiles.Lease), []);
        Write(folder, LaunchFiles.Launch, JsonSerializer.SerializeToUtf8Bytes(record, LaunchJson.Default.LaunchRecord));
        Write(folder, LaunchFiles.Agent, agent is null ? null : JsonSerializer.SerializeToUtf8Bytes(agent, LaunchJson.Default.AgentRecord));
        Write(folder, LaunchFiles.Exit, exit is null ? null : JsonSerializer.SerializeToUtf8Bytes(exit, LaunchJson.Default.ExitRecord));
        Write(folder, LaunchFiles.Stop, stop is null ? null : JsonSerializer.SerializeToUtf8Bytes(stop, LaunchJson.Default.StopRecord));
        return record;
    }

    public Lease Hold(LaunchRecord record, long offset = 0) =>
        Lease.TryTake(System.IO.Path.Combine(Places.Of(record.Id), LaunchFiles.Lease), offset) ?? throw new InvalidOperationException("held already");

    public Launch Look(LaunchRecord record) => Undertaker.Attend(Store.Find(record.Id)!, ProcessTable.Take());

    public void Dispose()
    {
        Store.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private static void Write(string folder, string name, byte[]? json)
    {
        if (json is not null)
        {
            File.WriteAllBytes(System.IO.Path.Combine(folder, name), json);
        }
    }
}
