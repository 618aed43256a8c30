using System.Text.Json;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Shim.Tests;

/// <summary>A shim writes and reads by hand what everybody else writes and reads with the serializer: the two must agree.</summary>
public sealed class RecordWritingTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 12, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void Agent_record_is_read_as_it_was_written()
    {
        var record = new AgentRecord(1, 2, 3, 4, Then, "cgroup", "/sys/fs/cgroup/agentctl-x");
        Assert.Equal(record, JsonSerializer.Deserialize(Written(json => RecordWriting.Write(json, record)), LaunchJson.Default.AgentRecord));
    }

    [Fact]
    public void Exit_record_is_read_as_it_was_written()
    {
        var record = new ExitRecord
        {
            How = ExitHows.Signaled, ExitCode = 0, Signal = 9, OutOfMemory = true, StartedAt = Then, EndedAt = Then.AddSeconds(5),
            Stop = new StopRecord(StopRecord.Timeout, Then.AddSeconds(4)), Leftovers = [new Leftover(7, 8, "sleep \"x\"", Leftover.Killed)], Problem = "why",
        };
        var read = JsonSerializer.Deserialize(Written(json => RecordWriting.Write(json, record)), LaunchJson.Default.ExitRecord)!;
        Assert.Equal(record.Leftovers, read.Leftovers);
        Assert.Equal(record with { Leftovers = [] }, read with { Leftovers = [] });
    }

    [Fact]
    public void Orders_are_read_as_the_launcher_writes_them()
    {
        var record = new LaunchRecord
        {
            Id = LaunchId.New(), Adapter = "codex", LaunchedAt = Then, BootId = "b", Host = "h", PidNamespace = 1,
            Program = "/bin/agent", Arguments = ["-p", "ü \"quoted\"", ""], Cwd = "/work", Prompt = "x", Stdin = StdinMode.Open, StopSignal = PoliteSignal.Interrupt,
            KeepChildren = true, TimeoutSeconds = 1.5, OrphanAfterSeconds = 30, OutputCapBytes = 1L << 33, Meta = new Dictionary<string, string> { ["cwd"] = "/not/this" },
        };
        var orders = Orders.Parse(JsonSerializer.SerializeToUtf8Bytes(record, LaunchJson.Default.LaunchRecord))!;
        Assert.Equal(
            (record.Id, record.Program, record.Cwd, record.Stdin, record.StopSignal, record.KeepChildren, record.TimeoutSeconds, record.OrphanAfterSeconds, record.OutputCapBytes),
            (orders.Id, orders.Program, orders.Cwd, orders.Stdin, orders.StopSignal, orders.KeepChildren, orders.TimeoutSeconds, orders.OrphanAfterSeconds, orders.OutputCapBytes));
        Assert.Equal(record.Arguments, orders.Arguments);
    }

    [Fact]
    public void Orders_that_do_not_say_what_to_run_are_none() => Assert.Null(Orders.Parse("""{"id":"x"}"""u8));

    private static byte[] Written(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
