using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>The transcripts below <c>projects/</c>: finding them and reading each state of a file once. Thread-safe.</summary>
internal sealed class Transcripts(ClaudePlaces places, FileTree files)
{
    private readonly ConcurrentDictionary<string, Transcript> _read = [];
    private volatile Newest? _newest;

    /// <summary>All files, or those changed since, the newest first; the others are not opened. One per session: the newest.</summary>
    /// <param name="left">Called for one that there was no time to read.</param>
    public IEnumerable<Transcript> Since(DateTimeOffset since, ReadingTime reading, Action left, List<string> problems, CancellationToken cancellationToken)
    {
        var scan = files.Scan(since, cancellationToken);
        problems.AddRange(scan.Problems);
        Forget(scan.Files);
        foreach (var file in NewestOfEach(scan))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.ModifiedAt < since)
            {
                continue;
            }

            if (!IsRead(file) && !reading.MayRead())
            {
                left();
            }
            else if (Read(file, problems) is { } transcript)
            {
                yield return transcript;
            }
        }
    }

    public IEnumerable<string> Ids(CancellationToken cancellationToken) => files.Names(cancellationToken).Select(Transcript.SessionIdOf);

    /// <summary>Every transcript's path, for counting.</summary>
    public FileTreeScan Scan(CancellationToken cancellationToken) => files.Scan(cancellationToken);

    /// <summary>The transcript of one session, without looking at any other file: by the folder of its directory, else in every folder.</summary>
    public Transcript? Of(string sessionId, string? workingDirectory, List<string> problems)
    {
        try
        {
            return Locate(sessionId, workingDirectory) is { } file ? Read(file, problems) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"the transcript of {sessionId} cannot be looked for: {exception.Message}");
            return null;
        }
    }

    /// <summary>Where a session's transcript is; null when there is none.</summary>
    /// <exception cref="IOException">A folder could not be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be looked at.</exception>
    public FileEntry? Locate(string sessionId, string? workingDirectory)
    {
        if (!ClaudePlaces.MayBeSessionId(sessionId))
        {
            return null;
        }

        var name = sessionId + ClaudePlaces.TranscriptSuffix;
        if (workingDirectory is not null && ClaudePlaces.SlugOf(workingDirectory) is { } slug &&
            NativeFile.Stat(Path.Combine(places.Projects, slug, name)) is { } expected)
        {
            return expected;
        }

        if (!Directory.Exists(places.Projects))
        {
            return null;
        }

        FileEntry? newest = null;
        foreach (var folder in Directory.EnumerateDirectories(places.Projects))
        {
            if (NativeFile.Stat(Path.Combine(folder, name)) is { } file && (newest is null || IsNewer(file, newest.Value)))
            {
                newest = file;
            }
        }

        return newest;
    }

    private bool IsRead(FileEntry file) => _read.TryGetValue(file.Path, out var known) && known.File == file;

    private Transcript? Read(FileEntry file, List<string> problems)
    {
        if (_read.TryGetValue(file.Path, out var known) && known.File == file)
        {
            return Usable(known, problems);
        }

        try
        {
            var transcript = Transcript.Read(file, places);
            _read[file.Path] = transcript;
            return Usable(transcript, problems);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            // One file costs one session, also where this code has a defect that only its content shows.
            problems.Add($"{places.Show(file.Path)} cannot be read: {exception.Message}");
            return null;
        }
    }

    private static Transcript? Usable(Transcript transcript, List<string> problems)
    {
        if (transcript.Head.IsSidechain)
        {
            return null;
        }

        if (transcript.IsCorrupt)
        {
            problems.Add($"{transcript.Damage}; no other record is in it, so it is no conversation");
            return null;
        }

        if (transcript.Damage is { } damage)
        {
            problems.Add(damage);
        }

        return transcript;
    }

    /// <summary>In order, the newest first. A conversation that moved to another directory leaves its old file behind.</summary>
    private List<FileEntry> NewestOfEach(FileTreeScan scan)
    {
        // The same scan again means that nothing changed; thousands of names need not be compared again.
        if (_newest is { } known && ReferenceEquals(known.Scan, scan))
        {
            return known.Files;
        }

        var newest = new Dictionary<string, FileEntry>(scan.Files.Count);
        foreach (var file in scan.Files)
        {
            var id = Transcript.SessionIdOf(file.Path);
            if (!newest.TryGetValue(id, out var other) || IsNewer(file, other))
            {
                newest[id] = file;
            }
        }

        List<FileEntry> one = [.. ReadingOrder.Of(newest.Values)];
        _newest = new Newest(scan, one);
        return one;
    }

    /// <summary>Of two files of one session written at the same moment the same one is taken always.</summary>
    private static bool IsNewer(FileEntry file, FileEntry other) =>
        file.ModifiedAt != other.ModifiedAt ? file.ModifiedAt > other.ModifiedAt : string.CompareOrdinal(file.Path, other.Path) < 0;

    private sealed record Newest(FileTreeScan Scan, List<FileEntry> Files);

    /// <summary>What is neither recent any more nor was just read need not be kept.</summary>
    private void Forget(IReadOnlyList<FileEntry> recent)
    {
        if (_read.Count <= (recent.Count * 2) + 1000)
        {
            return;
        }

        var there = recent.Select(static file => file.Path).ToHashSet();
        foreach (var path in _read.Keys.Where(path => !there.Contains(path)))
        {
            _read.TryRemove(path, out _);
        }
    }
}
