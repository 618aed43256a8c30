using System.Collections.Concurrent;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Recorded;

/// <summary>Records that are a file of JSON lines each, and what was read of them, kept by (path, inode, size, mtime).</summary>
/// <param name="read">Null when the file is no conversation.</param>
/// <param name="isRecord">Which names are read; those that end in <c>.jsonl</c> when null.</param>
internal sealed class RecordFiles(string root, int maxDepth, AgentEnvironment environment, Func<FileReading, RecordedSession?> read, Func<string, bool>? isRecord = null) : IDisposable
{
    private readonly FileTree files = new(root, isRecord ?? (static name => name.EndsWith(".jsonl", StringComparison.Ordinal)), maxDepth);
    private readonly ConcurrentDictionary<string, (FileEntry File, RecordedSession? Record, string? Problem)> known = new(StringComparer.Ordinal);

    public string Root => files.Root;

    public IReadOnlyList<string> Names(CancellationToken cancellationToken) => files.Names(cancellationToken);

    /// <summary>Paths of the files whose name is right.</summary>
    public IReadOnlyList<string> Names(Func<string, bool> isRight, CancellationToken cancellationToken) => files.Names(isRight, cancellationToken);

    public IDisposable Watch(Action changed) => files.Watch(changed);

    public string? WhyNotWatched() => files.WhyNotWatched();

    /// <summary>The newest first.</summary>
    /// <param name="left">Called for one that there was no time to read.</param>
    public IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken)
    {
        var scan = files.Scan(since, cancellationToken);
        if (scan.Problems.Count > 0 && scan.Files.Count == 0)
        {
            throw new CannotLookException($"{environment.Tilde(Root)} cannot be read: {scan.Problems[0]}");
        }

        foreach (var problem in scan.Problems)
        {
            problems.Add(problem);
        }

        foreach (var file in ReadingOrder.Of(scan.Files.Where(file => file.ModifiedAt >= since)))
        {
            if (!(known.TryGetValue(file.Path, out var last) && last.File == file) && !reading.MayRead())
            {
                left();
            }
            else if (Read(file, problems) is { } record)
            {
                yield return record;
            }
        }
    }

    /// <summary>Those directly in one folder.</summary>
    public IEnumerable<RecordedSession> In(string folder, DateTimeOffset since, ICollection<string> problems)
    {
        foreach (var file in Files(folder, problems))
        {
            if (file.ModifiedAt >= since && Read(file, problems) is { } record)
            {
                yield return record;
            }
        }
    }

    private List<FileEntry> Files(string folder, ICollection<string> problems)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.jsonl").Select(NativeFile.Stat).OfType<FileEntry>()] : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{environment.Tilde(folder)}: {unreadable.Message}");
            return [];
        }
    }

    public RecordedSession? Read(FileEntry file, ICollection<string> problems)
    {
        try
        {
            if (!known.TryGetValue(file.Path, out var last) || last.File != file)
            {
                var reading = new FileReading(file);
                last.File = file;
                last.Record = read(reading);
                last.Problem = reading.Describe(environment.Tilde(file.Path));
                known[file.Path] = last;
            }

            if (last.Problem is { } problem && !problems.Contains(problem))
            {
                problems.Add(problem);
            }

            return last.Record;
        }
        catch (Exception unreadable) when (unreadable is not (OperationCanceledException or OutOfMemoryException))
        {
            problems.Add($"{environment.Tilde(file.Path)}: {unreadable.Message}");
            return null;
        }
    }

    /// <summary>A line as an object; null when it is none.</summary>
    public static JsonElement? Parse(ReadOnlyMemory<byte> line) => ForeignJson.TryParse(line, out var json, out _) ? json : null;

    public void Dispose() => files.Dispose();
}
