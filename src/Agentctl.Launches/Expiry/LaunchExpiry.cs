using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// What of our own files is past its expiry (product page, section 7). Nothing that lives is ever among it: a launch expires by the
/// end that is recorded for it, and only files that agentctl wrote are named.
/// </summary>
public sealed class LaunchExpiry(LaunchStore store, DirectoryLocks locks, DirectoryFuses fuses, TimeProvider time)
{
    /// <summary>Argv, prompt, directory and output of a launch.</summary>
    public static readonly TimeSpan OfContent = TimeSpan.FromHours(24);

    /// <summary>Everything else of it: the window of <c>list -a</c>.</summary>
    public static readonly TimeSpan OfRecord = DiscoveryContext.Window;

    /// <summary>Writing a record takes moments.</summary>
    private static readonly TimeSpan OfHalfWritten = TimeSpan.FromHours(1);

    /// <summary>Everything a launch's folder may hold but its record and its end.</summary>
    private static readonly string[] ContentFiles =
    [
        LaunchFiles.Output, LaunchFiles.Errors, LaunchFiles.Input, LaunchFiles.InputKeys, LaunchFiles.Socket, LaunchFiles.Agent, LaunchFiles.Stop, LaunchFiles.Lease, LaunchFiles.Queued, LaunchFiles.Reserve,
    ];

    /// <summary>The launches of its hooks: what they printed, and that they ran.</summary>
    private static readonly string[] HookFolders = [LaunchFiles.OnCreate, LaunchFiles.OnComplete];

    /// <summary>What may go. The caller holds the admission lock, so a folder without a record is nobody's who is just starting.</summary>
    /// <param name="launches">Every launch, as the undertaker left it.</param>
    public IReadOnlyList<ExpiredFile> Find(IReadOnlyList<Launch> launches)
    {
        var found = new List<ExpiredFile>();
        var now = time.GetUtcNow();
        foreach (var launch in launches)
        {
            if (launch is not { Standing: LaunchStanding.Ended, Exit: { } exit })
            {
                continue;
            }

            // Only ever the directory itself, found by its name: what its record says is no path.
            var folder = store.Places.Of(launch.Id);
            var age = now - exit.EndedAt;
            if (LaunchCgroup.TryOpen(launch.Agent?.Cgroup, launch.Id) is { Members.Count: 0 } cgroup)
            {
                found.Add(new ExpiredFile(cgroup.Path, "empty cgroup", $"launch {launch.Id} has ended, and its shim was killed before it could remove it", 0, _ => cgroup.Remove()));
            }

            if (LaunchHooks.IsCompleted(store.Places, launch) && File.Exists(store.Places.LiveMarker(launch.Id)))
            {
                found.Add(new ExpiredFile(store.Places.LiveMarker(launch.Id), "live marker", $"launch {launch.Id} has ended: {exit.How}", 0, File.Delete));
            }

            // A conversation's output is its history: kept as long as the conversation is.
            if (launch.Record.Conversation is { } conversation && Directory.Exists(Path.Combine(store.Places.Conversations, conversation)))
            {
                continue;
            }

            if (age > OfRecord)
            {
                found.Add(new ExpiredFile(folder, "launch", $"ended {Days(age)} ago ({exit.How})", OwnDirectory.SizeBytes(folder), DeleteDirectory));
            }
            else if (age > OfContent && launch.Record.Arguments is not null)
            {
                found.Add(new ExpiredFile(folder, "output, prompt and arguments of a launch", $"ended {Days(age)} ago ({exit.How})", OwnDirectory.SizeBytes(folder), path => Forget(path, launch.Record)));
            }
        }

        var known = launches.Select(static launch => launch.Id).ToHashSet(StringComparer.Ordinal);
        Add(found, () => NeverBegun(known));
        Add(found, () => locks.Expired().Select(static one => new ExpiredFile(one.Path, "directory lock", one.Why, 0, File.Delete)));
        Add(found, () => fuses.Expired().Select(static one => new ExpiredFile(one.Path, "fuse that has fired", one.Why, OwnDirectory.SizeBytes(one.Path), DeleteDirectory)));
        var gone = found.Where(static one => one.What == "launch").Select(static one => one.Path).ToHashSet(StringComparer.Ordinal);
        Add(found, ConversationsNeverBegun);
        Add(found, () => known.Select(store.Places.Of).Where(folder => !gone.Contains(folder)).Concat(OtherFolders()).SelectMany(HalfWritten));
        return found;
    }

    /// <summary>What one directory refuses to show is no reason to keep all else.</summary>
    private static void Add(List<ExpiredFile> found, Func<IEnumerable<ExpiredFile>> look)
    {
        try
        {
            found.AddRange(look());
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Whoever lists it reports it; what cannot be read does not expire.
            _ = unreadable;
        }
    }

    /// <summary>Every other directory in which records are replaced.</summary>
    private IEnumerable<string> OtherFolders()
    {
        var places = store.Places;
        return [
            places.Home, places.Locks, places.Scopes, places.Cache,
            .. NamesIn(places.Conversations).Where(static id => LaunchId.IsOne(id)).Select(id => Path.Combine(places.Conversations, id)),
            .. NamesIn(places.Fuses).Where(static id => LaunchId.IsOne(id)).Select(id => Path.Combine(places.Fuses, id)),
        ];
    }

    /// <summary>Directories of ACP sessions whose creator was killed before it wrote their record. One that holds anything else has lost its record, and is kept.</summary>
    private IEnumerable<ExpiredFile> ConversationsNeverBegun()
    {
        foreach (var id in NamesIn(store.Places.Conversations).Where(static id => LaunchId.IsOne(id)))
        {
            var folder = Path.Combine(store.Places.Conversations, id);
            if (time.GetUtcNow() - new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder)) > OfHalfWritten
                && OwnDirectory.Names(folder).All(static name => name == LaunchFiles.Lease || DurableFile.IsTemporary(name))
                && !MayBeHeld(Path.Combine(folder, LaunchFiles.Lease)))
            {
                yield return new ExpiredFile(folder, "ACP session that was never created", "no record, and no process holds its lease", OwnDirectory.SizeBytes(folder), DeleteDirectory);
            }
        }
    }

    /// <summary>Files that were being replaced when their writer was killed.</summary>
    private IEnumerable<ExpiredFile> HalfWritten(string folder)
    {
        foreach (var name in NamesIn(folder).Where(DurableFile.IsTemporary))
        {
            var path = Path.Combine(folder, name);
            if (NativeFile.Stat(path) is { } file && time.GetUtcNow() - file.ModifiedAt > OfHalfWritten)
            {
                yield return new ExpiredFile(path, "half-written file", "its writer was killed", file.SizeBytes, File.Delete);
            }
        }
    }

    private static IReadOnlyList<string> NamesIn(string folder)
    {
        try
        {
            return OwnDirectory.Names(folder);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Folders and markers of launches whose launcher was killed before anything could run: no record, and nobody holds the lease.</summary>
    private IEnumerable<ExpiredFile> NeverBegun(HashSet<string> known)
    {
        var places = store.Places;
        var hidden = store.HiddenIds();
        foreach (var id in store.Ids().Where(id => !known.Contains(id) && !hidden.Contains(id)))
        {
            var folder = places.Of(id);
            if (NativeFile.Stat(Path.Combine(folder, LaunchFiles.Launch)) is null && !MayBeHeld(Path.Combine(folder, LaunchFiles.Lease)))
            {
                yield return new ExpiredFile(folder, "launch that was never created", "no record, and no process holds its lease", OwnDirectory.SizeBytes(folder), DeleteDirectory);
            }
        }

        foreach (var name in OwnDirectory.Names(places.Live).Where(name => !hidden.Contains(name)))
        {
            var marker = Path.Combine(places.Live, name);
            if (!Path.Exists(places.Of(name)))
            {
                yield return new ExpiredFile(marker, "live marker", "there is no such launch", 0, File.Delete);
            }
        }
    }

    /// <summary>A lease that cannot be looked at may be held.</summary>
    private static bool MayBeHeld(string lease)
    {
        try
        {
            return Lease.IsHeld(lease);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static void Forget(string folder, LaunchRecord record)
    {
        LaunchFolder.Write(
            folder, LaunchFiles.Launch, record with { Program = null, Arguments = null, Prompt = null, Cwd = null, OnCreate = null, OnComplete = null }, LaunchJson.Default.LaunchRecord);
        foreach (var name in ContentFiles.Concat(NamesIn(folder).Where(DurableFile.IsTemporary)))
        {
            File.Delete(Path.Combine(folder, name));
        }

        foreach (var name in HookFolders)
        {
            OwnDirectory.Delete(folder, name);
        }
    }

    private static string Days(TimeSpan age) => age.TotalDays >= 2 ? $"{age.TotalDays:0} days" : $"{age.TotalHours:0} hours";

    private static void DeleteDirectory(string path) => OwnDirectory.Delete(Path.GetDirectoryName(path)!, Path.GetFileName(path));
}

/// <summary>One thing that may go.</summary>
/// <param name="Evidence">Why.</param>
/// <param name="Remove">Does it; given the path.</param>
public sealed record ExpiredFile(string Path, string What, string Evidence, long Bytes, Action<string> Remove);
