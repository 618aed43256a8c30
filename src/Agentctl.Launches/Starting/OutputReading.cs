using System.Collections.Concurrent;
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
        if (launcher is null || launch.Told is { IsFinal: true } || (launch.SessionId is not null && launch.Exit is null))
        {
            return launch;
        }

        try
        {
            var path = Path.Combine(places.Of(launch.Id), LaunchFiles.Output);
            var sessionId = launch.SessionId ?? FindId(launch.Id, path, launcher);
            var reason = launch.Exit is { ExitCode: 0 } ? FindReason(path, launcher) : null;
            var told = new ToldRecord(launch.Record.SessionId is null ? sessionId : null, reason, IsFinal: launch.Exit is not null);
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

    private string? FindId(string launchId, string path, IAgentLauncher launcher)
    {
        var from = readTo.GetValueOrDefault(launchId);
        if (from >= HeadBytes)
        {
            return null;
        }

        foreach (var line in JsonLines.Forward(path, from))
        {
            if (SessionIds.ValidOrNull(launcher.SessionIdIn(line.Bytes.Span)) is { } id)
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

    private static string? FindReason(string path, IAgentLauncher launcher)
    {
        var looked = 0;
        foreach (var line in JsonLines.Backward(path))
        {
            if (launcher.ReasonIn(line.Bytes.Span) is { } reason)
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
