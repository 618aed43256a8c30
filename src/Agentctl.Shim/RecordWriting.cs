using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Shim;

/// <summary>The records a shim writes, key by key as <see cref="LaunchJson"/> reads them (a test compares the two).</summary>
internal static class RecordWriting
{
    public static void Write(Utf8JsonWriter json, AgentRecord record)
    {
        json.WriteNumber("shimPid"u8, record.ShimPid);
        json.WriteNumber("shimStartTicks"u8, record.ShimStartTicks);
        json.WriteNumber("pid"u8, record.Pid);
        json.WriteNumber("startTicks"u8, record.StartTicks);
        Time(json, "startedAt", record.StartedAt);
        json.WriteString("containment"u8, record.Containment);
        if (record.Cgroup is { } cgroup)
        {
            json.WriteString("cgroup"u8, cgroup);
        }
    }

    public static void Write(Utf8JsonWriter json, StopRecord record)
    {
        json.WriteString("by"u8, record.By);
        Time(json, "askedAt", record.AskedAt);
    }

    public static void Write(Utf8JsonWriter json, ExitRecord record)
    {
        json.WriteString("how"u8, record.How);
        if (record.ExitCode is { } code)
        {
            json.WriteNumber("exitCode"u8, code);
        }

        if (record.Signal is { } signal)
        {
            json.WriteNumber("signal"u8, signal);
        }

        if (record.OutOfMemory)
        {
            json.WriteBoolean("outOfMemory"u8, true);
        }

        if (record.StartedAt is { } startedAt)
        {
            Time(json, "startedAt", startedAt);
        }

        Time(json, "endedAt", record.EndedAt);
        if (record.Stop is { } stop)
        {
            json.WriteStartObject("stop"u8);
            Write(json, stop);
            json.WriteEndObject();
        }

        if (record.UnreadInput > 0)
        {
            json.WriteNumber("unreadInput"u8, record.UnreadInput);
        }

        json.WriteStartArray("leftovers"u8);
        foreach (var left in record.Leftovers)
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, left.Pid);
            json.WriteNumber("startTicks"u8, left.StartTicks);
            json.WriteString("comm"u8, left.Comm);
            json.WriteString("outcome"u8, left.Outcome);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (record.Problem is { } problem)
        {
            json.WriteString("problem"u8, problem);
        }
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset at) =>
        json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
}
