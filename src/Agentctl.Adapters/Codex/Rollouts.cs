using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>What was read of one rollout at one version of the file. One instance per version: compare by reference.</summary>
/// <param name="Damage">One sentence about the damaged records in it; null when there are none.</param>
internal sealed record Rollout(string Id, FileEntry File, bool IsArchived, RolloutHead Head, RolloutTail Tail, string? Damage)
{
    /// <summary>Where the thread works now.</summary>
    public string? Cwd => Tail.Cwd ?? Head.Cwd;

    public bool IsCompressed => RolloutName.IsCompressed(File.Path);
}

/// <summary>The rollout files: where they are, and what was read of them, kept by (path, inode, size, mtime).</summary>
internal sealed class Rollouts(CodexPlaces places) : IDisposable
{
    private static readonly RolloutHead NoHead = new();
    private static readonly RolloutTail NoTail = new();

    private readonly FileTree sessions = new(places.Sessions, RolloutName.IsRollout, maxDepth: 4);
    private readonly FileTree archived = new(places.Archived, RolloutName.IsRollout, maxDepth: 1);
    private readonly ConcurrentDictionary<string, Rollout> known = new(StringComparer.Ordinal);

    /// <summary>Every rollout file changed since, the newest first; one per thread.</summary>
    public IEnumerable<FileEntry> ChangedSince(DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<string, FileEntry>();
        foreach (var tree in (FileTree[])[sessions, archived])
        {
            var scan = tree.Scan(since, cancellationToken);
            if (scan.Problems.Count > 0 && scan.Files.Count == 0)
            {
                throw new CannotLookException($"{places.Shown(tree.Root)} cannot be read: {scan.Problems[0]}");
            }

            foreach (var problem in scan.Problems)
            {
                problems.Add(problem);
            }

            foreach (var file in scan.Files)
            {
                if (file.ModifiedAt >= since && RolloutName.IdOf(file.Path) is { } id
                    && (!newest.TryGetValue(id, out var other) || Precedes(file, other)))
                {
                    newest[id] = file;
                }
            }
        }

        Forget(newest);
        return ReadingOrder.Of(newest.Values);
    }

    /// <summary>Ids of every thread, from names alone.</summary>
    public IEnumerable<string> Ids(CancellationToken cancellationToken) =>
        sessions.Names(cancellationToken).Concat(archived.Names(cancellationToken)).Select(RolloutName.IdOf).OfType<string>();

    /// <summary>How many rollouts there are: plain, compressed, archived (of either kind).</summary>
    public (int Plain, int Compressed, int Archived) Count(CancellationToken cancellationToken)
    {
        var inSessions = sessions.Names(cancellationToken);
        var compressed = inSessions.Count(RolloutName.IsCompressed);
        return (inSessions.Count - compressed, compressed, archived.Names(cancellationToken).Count);
    }

    /// <summary>
    /// The file of one thread. Its id tells the day it was made, so no more than three folders and the archive are looked at; then
    /// Codex's own index. A walk over all names is left for ids that carry no time.
    /// </summary>
    public FileEntry? Locate(string id, CodexDatabases databases, ICollection<string> problems, CancellationToken cancellationToken)
    {
        // Of several files the same one is taken as a list takes: a thread can lie in the archive and outside it.
        var folders = RolloutName.FoldersOf(id).Select(day => Path.Combine(places.Sessions, day)).Append(places.Archived);
        if (Pick(folders.SelectMany(folder => places.FilesOf(folder, $"rollout-*{id}.jsonl*")).Where(path => RolloutName.IdOf(path) == id)) is { } file)
        {
            return file;
        }

        if (databases.RolloutPath(id, problems) is { } indexed && RolloutName.IdOf(indexed) == id && Pick([indexed, indexed + ".zst"]) is { } moved)
        {
            return moved;
        }

        return RolloutName.MadeAt(id) is null
            ? Pick(sessions.Names(name => RolloutName.IdOf(name) == id, cancellationToken))
            : null;
    }

    /// <summary>This version of it was read before.</summary>
    public bool IsRead(FileEntry file) => known.TryGetValue(file.Path, out var same) && same.File == file;

    /// <summary>Reads a rollout's head and tail, unless this version of it was read before. Compressed ones are not opened.</summary>
    public Rollout? Read(FileEntry file, ICollection<string> problems)
    {
        if (known.TryGetValue(file.Path, out var same) && same.File == file)
        {
            return Report(same, problems);
        }

        try
        {
            var id = RolloutName.IdOf(file.Path)!;
            var isArchived = Path.GetDirectoryName(file.Path) == places.Archived;
            var damaged = new DamagedRecords();
            var rollout = RolloutName.IsCompressed(file.Path)
                ? new Rollout(id, file, isArchived, NoHead, NoTail, null)
                : new Rollout(id, file, isArchived, RolloutHead.Read(file.Path, id, damaged), RolloutTail.Read(file.Path, id, damaged), null);
            rollout = rollout with { Damage = damaged.Describe(file.Path, places.Shown(file.Path)) };
            return Report(known[file.Path] = rollout, problems);
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or OutOfMemoryException))
        {
            // One file costs one thread, also where this code has a defect that only its content shows.
            problems.Add($"{places.Shown(file.Path)} cannot be read: {problem.Message}");
            return null;
        }
    }

    public string? WhyNotWatched() => sessions.WhyNotWatched() ?? archived.WhyNotWatched();

    public IDisposable Watch(Action changed) => new Watches(sessions.Watch(changed), archived.Watch(changed));

    public void Dispose()
    {
        sessions.Dispose();
        archived.Dispose();
    }

    /// <summary>A rollout without a readable record is no conversation: named, and left out.</summary>
    private static Rollout? Report(Rollout rollout, ICollection<string> problems)
    {
        if (rollout.Tail.Garbage)
        {
            problems.Add($"{rollout.Damage}; no other record is in it, so it is no conversation");
            return null;
        }

        if (rollout.Damage is { } damage)
        {
            problems.Add(damage);
        }

        return rollout;
    }

    private static FileEntry? Pick(IEnumerable<string> paths)
    {
        FileEntry? picked = null;
        foreach (var path in paths)
        {
            if (NativeFile.Stat(path) is { } file && (picked is not { } other || Precedes(file, other)))
            {
                picked = file;
            }
        }

        return picked;
    }

    /// <summary>Of two files of one thread: the one that is not compressed, then the newer one, then always the same one.</summary>
    private static bool Precedes(FileEntry file, FileEntry other)
    {
        var order = (RolloutName.IsCompressed(other.Path), file.ModifiedAt).CompareTo((RolloutName.IsCompressed(file.Path), other.ModifiedAt));
        return order > 0 || (order == 0 && string.CompareOrdinal(file.Path, other.Path) > 0);
    }

    /// <summary>What is neither recent any more nor was just read need not be kept.</summary>
    private void Forget(Dictionary<string, FileEntry> recent)
    {
        if (known.Count <= (recent.Count * 2) + 1000)
        {
            return;
        }

        foreach (var path in known.Keys.Where(path => !recent.ContainsKey(RolloutName.IdOf(path)!)))
        {
            known.TryRemove(path, out _);
        }
    }
}
