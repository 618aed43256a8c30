using System.Collections.Concurrent;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// What a launch's output tells: the session's id in its first lines, and in its last ones why a turn ended badly although the
/// exit code is 0. What was told is kept in <c>session.json</c>, because the output expires earlier than the launch. Thread-safe.
/// </summary>
public sealed class OutputReading(LaunchPlaces places)
{
    /// <summary>An agent that has not told its id in so many bytes will not.</summary>
    private const int HeadBytes = 4 << 20;

    /// <summary>An agent's summary is its last line, or nearly so.</summary>
    private const int LastLines = 8;

    /// <summary>How far the output of launches that have not told their id was read.</summary>
    private readonly ConcurrentDictionary<string, long> readTo = new(StringComparer.Ordinal);

    /// <summary>The launch with what its output tells by now. Reads nothing when all of it is known.</summary>
    public Launch Read(Launch launch, IAgentLauncher? launcher)
    {
        if (launch.Exit is not null)
        {
            readTo.TryRemove(launch.Id, out _);
        }

        if (launcher is null || launch.IsUnreadable || launch.Told is { IsFinal: true } || (launch.SessionId is not null && launch.Exit is null))
        {
            return launch;
        }

        try
        {
            var path = Path.Combine(places.Of(launch.Id), LaunchFiles.Output);
            var problem = launch.Told?.Problem;
            var sessionId = launch.SessionId ?? FindId(launch.Id, path, launcher, ref problem);
            var reason = launch.Exit is { ExitCode: 0 } ? FindReason(path, launcher) : null;
            var told = new ToldRecord(launch.Record.SessionId is null ? sessionId : null, reason, IsFinal: launch.Exit is not null, problem);
            if (told == (launch.Told ?? new ToldRecord(null)))
            {
                return launch;
            }

            LaunchFolder.Write(places.Of(launch.Id), LaunchFiles.Session, told, LaunchJson.Default.ToldRecord);
            readTo.TryRemove(launch.Id, out _);
            return launch with { Told = told };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not readable or not writable now: the next look tries again, and the launch is told without.
            return launch;
        }
    }

    private string? FindId(string launchId, string path, IAgentLauncher launcher, ref string? problem)
    {
        var from = readTo.GetValueOrDefault(launchId);
        if (from >= HeadBytes)
        {
            return null;
        }

        foreach (var line in JsonLines.Forward(path, from))
        {
            if (IdIn(line.Bytes.Span, launcher, ref problem) is { } id)
            {
                return id;
            }

            readTo[launchId] = line.End;
            if (line.End >= HeadBytes)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Whether a line of output reports the session's id.</summary>
    public static bool ReportsId(ReadOnlySpan<byte> line, IAgentLauncher launcher)
    {
        string? problem = null;
        return IdIn(line, launcher, ref problem) is not null;
    }

    /// <summary>The id that a line reports, if it can be printed, compared and put into a command.</summary>
    private static string? IdIn(ReadOnlySpan<byte> line, IAgentLauncher launcher, ref string? problem)
    {
        var id = Ask(line, launcher.SessionIdIn, out var isText);
        if (isText && (id is null || SessionIds.MayBeReported(id)))
        {
            return id;
        }

        problem = $"its agent reported a session id that is not printable ASCII of at most {SessionIds.LongestBytes} bytes, or begins with @; that is ignored";
        return null;
    }

    /// <summary>What an adapter finds in a line; nothing in one that is no text.</summary>
    private static string? Ask(ReadOnlySpan<byte> line, Asking question, out bool isText)
    {
        isText = true;
        try
        {
            return question(line);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            isText = false;
            return null;
        }
    }

    private delegate string? Asking(ReadOnlySpan<byte> line);

    private static string? FindReason(string path, IAgentLauncher launcher)
    {
        var looked = 0;
        foreach (var line in JsonLines.Backward(path))
        {
            if (Ask(line.Bytes.Span, launcher.ReasonIn, out _) is { } reason)
            {
                return reason;
            }

            if (++looked == LastLines)
            {
                return null;
            }
        }

        return null;
    }
}
