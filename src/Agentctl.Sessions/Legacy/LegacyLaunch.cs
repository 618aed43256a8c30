using System.Globalization;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// The Node agentctl's record of one launch; startTime is what ps printed, in local time:
/// <code>
/// {"sessionId":"pending-4711","pid":4711,"startTime":"Sat Nov 21 06:40:11 2026","launchedAt":"2026-11-21T06:40:11.102Z","cwd":"/home/dev/proj"}
/// </code>
/// </summary>
/// <param name="WrittenAt">The file's time: the process it names was alive then.</param>
internal sealed record LegacyLaunch(int? Pid, DateTimeOffset? ProcessStart, DateTimeOffset? LaunchedAt, DateTimeOffset WrittenAt)
{
    private const int LimitBytes = 1024 * 1024;

    /// <summary>ps rounds to seconds, and the clock may have been adjusted since.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    public static LegacyLaunch? Read(string path, TimeZoneInfo zone)
    {
        if (NativeFile.Stat(path) is not { } file || NativeFile.ReadSmall(path, LimitBytes) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var root = json.RootElement;
            return new LegacyLaunch(
                root.TryGetProperty("pid", out var pid) && pid.ValueKind == JsonValueKind.Number && pid.TryGetInt32(out var number) ? number : PidInName(path),
                Text(root, "startTime") is { } started ? PsTime(started, zone) : null,
                Text(root, "launchedAt") is { } launched && DateTimeOffset.TryParse(launched, CultureInfo.InvariantCulture, out var at) ? at : null,
                file.ModifiedAt);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why its process is certainly gone, as a sentence; null when it may live.</summary>
    public string? WhyGone(IProcessTable processes)
    {
        if (Pid is not > 0)
        {
            // Without a pid nothing proves that nothing of it lives.
            return null;
        }

        if (processes.Find(Pid.Value) is not { } process)
        {
            return $"pid {Pid} is not running";
        }

        var started = process.StartedAt;
        if (ProcessStart is { } said && (started - said).Duration() > Tolerance)
        {
            return $"pid {Pid} is another process now: it started {Stamp(started)}, the record's one {Stamp(said)}";
        }

        var latest = LaunchedAt ?? WrittenAt;
        return ProcessStart is null && started > latest + Tolerance
            ? $"pid {Pid} is another process now: it started {Stamp(started)}, the record is of {Stamp(latest)}"
            : null;
    }

    /// <summary><c>pending-4711.json</c>.</summary>
    private static int? PidInName(string path) =>
        Path.GetFileNameWithoutExtension(path) is var name && name.StartsWith("pending-", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan("pending-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary><c>ps -o lstart</c>: <c>Sat Nov 21 06:40:11 2026</c>; the day may be padded with a blank.</summary>
    private static DateTimeOffset? PsTime(string text, TimeZoneInfo zone) =>
        DateTime.TryParseExact(
            string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            "ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            ? new DateTimeOffset(local, zone.GetUtcOffset(local))
            : null;
}
