using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Directories that people hold. A manual lock is a record, kept until unlock or its end, and shown as the promise it is (law L7's
/// one exception); a lock under which a command runs is a lease as well and ends with the command. Thread-safe across processes:
/// changes are made under the admission lock.
/// </summary>
public sealed class DirectoryLocks(LaunchPlaces places, TimeProvider time)
{
    private const string RecordSuffix = ".json";
    private const string LeaseSuffix = ".lease";

    /// <summary>Every lock that holds now. A record past its end, or whose command has ended, holds nothing.</summary>
    public IReadOnlyList<DirectoryLockRecord> Held(ICollection<string> problems)
    {
        var held = new List<DirectoryLockRecord>();
        foreach (var path in Records(problems))
        {
            try
            {
                if (LaunchFolder.Read(places.Locks, Path.GetFileName(path), LaunchJson.Default.DirectoryLockRecord) is { } record && Holds(record, path))
                {
                    held.Add(record);
                }
            }
            catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"a directory lock cannot be read: {unreadable.Message}");
            }
        }

        held.Sort(static (a, b) => string.CompareOrdinal(a.Directory, b.Directory));
        return held;
    }

    /// <summary>
    /// Locks whose record cannot be read. Their file names still tell the directory, as <see cref="Fingerprint"/>, so it stays locked.
    /// </summary>
    /// <exception cref="IOException">What is locked cannot be told.</exception>
    /// <exception cref="UnauthorizedAccessException">What is locked cannot be told.</exception>
    public IReadOnlyDictionary<string, string> Unreadable()
    {
        var unreadable = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in OwnDirectory.Names(places.Locks).Where(IsRecord))
        {
            _ = LaunchFolder.TryRead(places.Locks, name, LaunchJson.Default.DirectoryLockRecord, out var problem);
            if (problem is not null)
            {
                unreadable[Path.GetFileNameWithoutExtension(name)] = problem;
            }
        }

        return unreadable;
    }

    /// <summary>Keeps the directory until <see cref="Release"/> or its end. The caller holds the admission lock.</summary>
    /// <returns>The lock that was there before, and then nothing has changed; else null.</returns>
    public DirectoryLockRecord? TryTake(DirectoryLockRecord wanted)
    {
        var name = NameOf(wanted.Directory);
        if (ReadHeld(name) is { } there)
        {
            // An order that was sent again, because the answer to it was lost, finds the lock that it took itself.
            return wanted.Order is not null && there.Order == wanted.Order ? null : there;
        }

        PrivateDirectory.Ensure(places.Locks);
        LaunchFolder.Write(places.Locks, name + RecordSuffix, wanted, LaunchJson.Default.DirectoryLockRecord);
        return null;
    }

    /// <summary>Holds the directory for as long as the returned lease is held, by this process or by whom it is passed to.</summary>
    /// <returns>The lease, or the lock that is there.</returns>
    public (Lease? Lease, DirectoryLockRecord? There) TryHold(DirectoryLockRecord wanted)
    {
        var name = NameOf(wanted.Directory);
        if (ReadHeld(name) is { } there)
        {
            return (null, there);
        }

        PrivateDirectory.Ensure(places.Locks);
        var lease = Lease.TryTake(Path.Combine(places.Locks, name + LeaseSuffix));
        if (lease is null)
        {
            // Taken by a command whose record is about to be written, or was removed by hand: held all the same.
            return (null, wanted with { By = "another command", Reason = null });
        }

        try
        {
            LaunchFolder.Write(places.Locks, name + RecordSuffix, wanted, LaunchJson.Default.DirectoryLockRecord);
            return (lease, null);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Gives a manual lock back; null when there is none.</summary>
    public DirectoryLockRecord? Release(string directory)
    {
        var name = NameOf(directory);
        if (ReadHeld(name) is not { Command: null } there)
        {
            return null;
        }

        File.Delete(Path.Combine(places.Locks, name + RecordSuffix));
        DurableFile.SyncDirectory(places.Locks);
        return there;
    }

    /// <summary>Records that hold nothing any more, each with why.</summary>
    public IEnumerable<(string Path, string Why)> Expired()
    {
        foreach (var path in Records([]))
        {
            DirectoryLockRecord? record;
            try
            {
                record = LaunchFolder.Read(places.Locks, Path.GetFileName(path), LaunchJson.Default.DirectoryLockRecord);
            }
            catch (InvalidDataException)
            {
                // What cannot be read is reported by Held, and is not ours to throw away.
                continue;
            }

            if (record is not null && !Holds(record, path))
            {
                yield return (path, record.Command is { } command ? $"`{command}` has ended (nobody holds its lease)" : $"its time was over at {record.ExpiresAt:u}");
            }
        }

        // The caller holds the admission lock, so none of them is about to be taken.
        foreach (var lease in Files(LeaseSuffix, []).Where(static lease => !File.Exists(Path.ChangeExtension(lease, RecordSuffix)) && !Lease.IsHeld(lease)))
        {
            yield return (lease, "the command that held it has ended");
        }
    }

    /// <summary>A person who is named by the record still lives, as far as can be told here.</summary>
    public static bool TakerLives(DirectoryLockRecord record, IProcessTable processes) =>
        record.BootId == processes.BootId && processes.Find(record.TakerPid, record.TakerStartTicks) is not null;

    private DirectoryLockRecord? ReadHeld(string name)
    {
        var path = Path.Combine(places.Locks, name + RecordSuffix);
        return LaunchFolder.Read(places.Locks, name + RecordSuffix, LaunchJson.Default.DirectoryLockRecord) is { } record && Holds(record, path) ? record : null;
    }

    private bool Holds(DirectoryLockRecord record, string path) => record.Command is not null
        ? Lease.IsHeld(Path.ChangeExtension(path, LeaseSuffix))
        : record.ExpiresAt is not { } end || end > time.GetUtcNow();

    private IReadOnlyList<string> Records(ICollection<string> problems) => Files(RecordSuffix, problems);

    private IReadOnlyList<string> Files(string suffix, ICollection<string> problems)
    {
        try
        {
            return [.. OwnDirectory.Names(places.Locks).Where(name => !name.StartsWith('.') && name.EndsWith(suffix, StringComparison.Ordinal)).Select(name => Path.Combine(places.Locks, name))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"directory locks cannot be listed: {unreadable.Message}");
            return [];
        }
    }

    private static bool IsRecord(string name) => !name.StartsWith('.') && name.EndsWith(RecordSuffix, StringComparison.Ordinal);

    /// <summary>One file per directory, whatever its path holds.</summary>
    private static string NameOf(string directory) => Fingerprint.Of(directory);
}
