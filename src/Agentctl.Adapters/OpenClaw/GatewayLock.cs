using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What the gateway's own lock file proves about its process.</summary>
internal abstract record GatewayLock
{
    private GatewayLock()
    {
    }

    /// <summary>No lock: a gateway removes it when it ends in order.</summary>
    public sealed record Absent(string Directory) : GatewayLock;

    /// <summary>The process that a lock names is gone.</summary>
    public sealed record Gone(string Path, int Pid, ulong? StartTicks, int? Port, DateTimeOffset WrittenAt) : GatewayLock;

    /// <summary>The process that a lock names lives.</summary>
    public sealed record Alive(string Path, ProcessIdentity Identity, int? Port) : GatewayLock;

    /// <summary>A lock that cannot be read proves nothing.</summary>
    public sealed record Unreadable(string Path, string Problem) : GatewayLock;

    private const int LimitBytes = 64 << 10;

    /// <summary>Judges every gateway lock below <c>&lt;state&gt;/tmp/openclaw-&lt;uid&gt;/</c>: a living holder decides, then an unreadable lock.</summary>
    public static GatewayLock Judge(string stateDirectory, IProcessTable processes)
    {
        var root = Path.Combine(stateDirectory, "tmp");
        GatewayLock verdict = new Absent(root);
        try
        {
            foreach (var path in Files(root))
            {
                var one = JudgeOne(path, processes);
                if (one is Alive)
                {
                    return one;
                }

                verdict = one is Unreadable || verdict is Absent ? one ?? verdict : verdict;
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new Unreadable(root, unreadable.Message);
        }

        return verdict;
    }

    private static IEnumerable<string> Files(string root)
    {
        if (!Directory.Exists(root))
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories(root, "openclaw*"))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "gateway.*.lock"))
            {
                yield return file;
            }
        }
    }

    // {"pid": 7396, "ownerId": "83352fe3-…", "createdAt": "2026-11-21T06:46:07.478Z", "configPath": "…", "stateDir": "…", "port": 18789, "startTime": 160010}
    // followed by white space; startTime is field 22 of /proc/<pid>/stat; role is absent for a gateway.
    private static GatewayLock? JudgeOne(string path, IProcessTable processes)
    {
        try
        {
            if (NativeFile.ReadSmall(path, LimitBytes) is not { } bytes)
            {
                return null;
            }

            if (!ForeignJson.TryParse(bytes, out var payload, out _))
            {
                return new Unreadable(path, "it is not JSON");
            }

            if (payload.Text("role") is { } role && role != "gateway")
            {
                return null;
            }

            if (payload.Whole("pid") is not (> 0 and <= int.MaxValue and var pid))
            {
                return new Unreadable(path, "it names no pid");
            }

            var port = payload.Whole("port") is > 0 and <= 65535 and var told ? (int?)told : null;
            var ticks = payload.Whole("startTime") is >= 0 and var start ? (ulong?)start : null;
            var holder = ticks is { } known ? processes.Find((int)pid, known) : processes.Find((int)pid);
            if (holder is not null)
            {
                return new Alive(path, holder.Identity, port);
            }

            var written = payload.Moment("createdAt") ?? DateTimeOffset.UnixEpoch;
            return new Gone(path, (int)pid, ticks, port, written);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new Unreadable(path, unreadable.Message);
        }
    }
}
