using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What <c>sessions/</c> holds at one moment.</summary>
/// <param name="Entries">Every file that names a session; their SessionId is not null.</param>
/// <param name="Problems">Files that could not be read, named.</param>
/// <param name="Nameless">Files that could not be read so far as to tell their session: pids that may hold any session.</param>
internal sealed record RegistryLook(
    IReadOnlyList<RegistryEntry> Entries,
    IReadOnlyList<string> Problems,
    IReadOnlyList<RegistryEntry> Nameless);

/// <summary>
/// Reads <c>sessions/*.json</c>. A file's size and time do not tell whether it changed ("busy" and "idle" are equally long), so
/// the content is compared; the same content gives the same instance again. Thread-safe.
/// </summary>
internal sealed class Registry(ClaudePlaces places)
{
    private readonly Lock _gate = new();
    private Dictionary<string, (byte[] Content, RegistryEntry Entry)> _parsed = [];

    /// <exception cref="CannotLookException">The folder is there and cannot be read: who lives cannot be told.</exception>
    public RegistryLook Look(CancellationToken cancellationToken)
    {
        var entries = new List<RegistryEntry>();
        var nameless = new List<RegistryEntry>();
        var problems = new List<string>();
        var parsed = new Dictionary<string, (byte[], RegistryEntry)>();
        foreach (var (path, pid) in Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Read(path, pid, parsed, problems) is { } entry)
            {
                (entry.SessionId is null ? nameless : entries).Add(entry);
            }
        }

        lock (_gate)
        {
            _parsed = parsed;
        }

        return new RegistryLook(entries, problems, nameless);
    }

    /// <summary>Files whose whole name is a pid, as Claude itself selects them.</summary>
    private IEnumerable<(string Path, int Pid)> Files()
    {
        string[] paths;
        try
        {
            paths = Directory.Exists(places.Sessions) || File.Exists(places.Sessions) ? Directory.GetFiles(places.Sessions, "*.json") : [];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CannotLookException(
                $"{places.Show(places.Sessions)}, where Claude Code registers its processes, cannot be read: {exception.Message.TrimEnd('.')}. Check its owner and mode.", exception);
        }

        Array.Sort(paths, StringComparer.Ordinal);
        return paths
            .Select(static path => (path, Pid: int.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0))
            .Where(static file => file.Pid > 0);
    }

    private RegistryEntry? Read(string path, int pid, Dictionary<string, (byte[], RegistryEntry)> parsed, List<string> problems)
    {
        try
        {
            if (SettledFile.Read(path, RegistryEntry.LimitBytes, TimeProvider.System) is not { } read)
            {
                return null;
            }

            var entry = Known(path, read.Content) ?? RegistryEntry.Parse(path, pid, read.File.ModifiedAt, read.Content);
            parsed[path] = (read.Content, entry);
            if (entry.IsTorn)
            {
                problems.Add($"{places.Show(path)} is not whole JSON{(entry.SessionId is null ? ", and which session it is for cannot be told" : "")}; Claude rewrites it when its status changes");
            }

            return entry;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{places.Show(path)} cannot be read: {exception.Message}");
            return RegistryEntry.Parse(path, pid, DateTimeOffset.UnixEpoch, default);
        }
    }

    private RegistryEntry? Known(string path, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            return _parsed.TryGetValue(path, out var known) && known.Content.AsSpan().SequenceEqual(content) ? known.Entry : null;
        }
    }
}
