using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>Where Codex keeps its things: below CODEX_HOME, default <c>~/.codex</c>; its databases below CODEX_SQLITE_HOME.</summary>
internal sealed class CodexPlaces(AgentEnvironment environment)
{
    public string Home { get; } = Path.GetFullPath(environment["CODEX_HOME"] ?? Path.Combine(environment.Home, ".codex"));

    public string Sqlite => field ??= Path.GetFullPath(environment["CODEX_SQLITE_HOME"] ?? Home);

    /// <summary><c>sessions/2026/11/21/rollout-….jsonl</c></summary>
    public string Sessions => field ??= Path.Combine(Home, "sessions");

    /// <summary><c>archived_sessions/rollout-….jsonl</c>, flat.</summary>
    public string Archived => field ??= Path.Combine(Home, "archived_sessions");

    /// <summary><c>thread-writer-locks/&lt;thread id&gt;.lock</c></summary>
    public string Locks => field ??= Path.Combine(Home, "thread-writer-locks");

    /// <summary>Names given to threads, one line per change.</summary>
    public string SessionIndex => field ??= Path.Combine(Home, "session_index.jsonl");

    public string DaemonPid => field ??= Path.Combine(Home, "app-server-daemon", "daemon.pid");

    /// <summary>A link to the socket of Codex's daemon.</summary>
    public string ControlSocket => field ??= Path.Combine(Home, "app-server-control", "app-server-control.sock");

    /// <summary>A path as evidence shows it.</summary>
    public string Shown(string path) => environment.Tilde(path);

    /// <summary>The codex program on PATH, or null.</summary>
    public string? Program()
    {
        foreach (var folder in (environment["PATH"] ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Path.Combine(folder, "codex");
            if (Path.IsPathRooted(candidate) && File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>
    /// Home as the kernel names it in open files: links resolved. Resolved anew each time, because a link may be moved.
    /// </summary>
    public string RealHome()
    {
        var real = "/";
        foreach (var part in Home.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = new DirectoryInfo(next).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next;
        }

        return real;
    }

    /// <summary>The newest generation of a database: <c>state_5.sqlite</c> before <c>state_4.sqlite</c>. Null when there is none.</summary>
    public string? Database(string name)
    {
        string? newest = null;
        var generation = -1;
        foreach (var path in FilesOf(Sqlite, name + "_*.sqlite"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan())[(name.Length + 1)..], out var number) && number > generation)
            {
                (newest, generation) = (path, number);
            }
        }

        return newest;
    }

    /// <summary>Files of one folder; none when the folder is absent.</summary>
    /// <exception cref="CannotLookException">The folder is there and may not be read.</exception>
    public IReadOnlyList<string> FilesOf(string folder, string pattern)
    {
        try
        {
            return Directory.GetFiles(folder, pattern);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            throw new CannotLookException($"{Shown(folder)} cannot be read: {problem.Message} Check who owns it and its mode.", problem);
        }
    }

    /// <summary>Whether there is a Codex home at all.</summary>
    /// <exception cref="CannotLookException">Something is there, but not a folder that can be read.</exception>
    public bool Exists()
    {
        try
        {
            if (Directory.Exists(Home))
            {
                // Opens the folder, so that a missing permission shows here and not as "nothing found" later.
                using var entries = Directory.EnumerateFileSystemEntries(Home).GetEnumerator();
                entries.MoveNext();
                return true;
            }

            return NativeFile.Stat(Home) is null
                ? false
                : throw new CannotLookException($"{Shown(Home)} is not a folder. Set CODEX_HOME to Codex's folder.");
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            throw new CannotLookException($"{Shown(Home)} cannot be read: {problem.Message} Check who owns it and its mode.", problem);
        }
    }
}
