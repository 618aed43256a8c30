using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// The files of ACP sessions: <c>acp/&lt;id&gt;/</c> each; <c>acp-scopes/</c> names the open session of an agent, directory and name, so that
/// finding it costs the same however many there ever were; <c>acp-live/</c> names those that somebody has to look after. Thread-safe.
/// </summary>
internal sealed class AcpStore(LaunchPlaces places)
{
    private const int LimitBytes = 4 << 20;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The lock is held for moments: a holder that keeps it for longer is stopped or stuck.</summary>
    private static readonly TimeSpan ScopePatience = TimeSpan.FromSeconds(10);

    private string Live => Path.Combine(places.Home, "acp-live");

    public string FolderOf(string id) => Path.Combine(places.Conversations, id);

    public string JournalOf(string id) => Path.Combine(FolderOf(id), "journal");

    public string LeaseOf(string id) => Path.Combine(FolderOf(id), "lease");

    public string OutputOf(string launchId) => Path.Combine(places.Of(launchId), LaunchFiles.Output);

    /// <summary>Durable when it returns.</summary>
    public void Write(AcpRecord record) =>
        DurableFile.Replace(Path.Combine(FolderOf(record.Id), "session.json"), JsonSerializer.SerializeToUtf8Bytes(record, AcpJson.Default.AcpRecord), Private);

    /// <summary>Lays a new session down; its scope names it from then on.</summary>
    public void Create(AcpRecord record)
    {
        PrivateDirectory.Ensure(places.Conversations);
        PrivateDirectory.Ensure(FolderOf(record.Id));
        Write(record);
        DurableFile.SyncDirectory(places.Conversations);
        PrivateDirectory.Ensure(places.Scopes);
        DurableFile.Replace(ScopeOf(record.Agent, record.Cwd, record.Name), Encoding.ASCII.GetBytes(record.Id), Private);
    }

    /// <summary>Null when there is none.</summary>
    /// <exception cref="InvalidDataException">Its record cannot be read.</exception>
    public AcpRecord? Find(string id)
    {
        if (!LaunchId.IsOne(id))
        {
            return null;
        }

        var path = Path.Combine(FolderOf(id), "session.json");
        try
        {
            return OwnFile.Read(path, LimitBytes) is { } json ? AcpRecordReading.Read(id, json) : null;
        }
        catch (Exception damaged) when (damaged is FormatException or JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The record of the ACP session {id} cannot be read: {path}: {damaged.Message}", damaged);
        }
    }

    /// <summary>As <see cref="Find"/>; null also when its record cannot be read.</summary>
    public AcpRecord? FindReadable(string id)
    {
        try
        {
            return Find(id);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>When it was last used: its journal tells.</summary>
    public DateTimeOffset? LastUsed(string id) => NativeFile.Stat(JournalOf(id))?.ModifiedAt;

    /// <param name="problems">Receives what could not be read.</param>
    public IReadOnlyList<AcpRecord> All(ICollection<string> problems)
    {
        var records = new List<AcpRecord>();
        foreach (var id in Names(places.Conversations))
        {
            try
            {
                if (Find(id) is { } record)
                {
                    records.Add(record);
                }
            }
            catch (InvalidDataException unreadable)
            {
                problems.Add(unreadable.Message);
            }
        }

        return records;
    }

    /// <summary>What a scope names; it may be closed by now. A session whose record cannot be read has no scope any more.</summary>
    public AcpRecord? OfScope(string agent, string cwd, string? name) =>
        NativeFile.ReadSmall(ScopeOf(agent, cwd, name), 64) is { } id && FindReadable(Encoding.ASCII.GetString(id)) is { } record
            && (record.Agent, record.Cwd, record.Name) == (agent, cwd, name)
                ? record
                : null;

    /// <summary>Sessions that somebody has to look after: an agent of theirs may live, or a prompt wait.</summary>
    public IReadOnlyList<string> LiveIds() => [.. Names(Live)];

    public bool IsLive(string id) => File.Exists(Path.Combine(Live, id));

    public void MarkLive(string id)
    {
        PrivateDirectory.Ensure(Live);
        OwnFile.CreateEmpty(Path.Combine(Live, id));
    }

    public void UnmarkLive(string id)
    {
        if (IsLive(id))
        {
            File.Delete(Path.Combine(Live, id));
        }
    }

    /// <summary>Asks whoever drives a session in another process to close it. Its own record is that process's to write.</summary>
    public void WantClosed(string id) => OwnFile.CreateEmpty(ClosingOf(id));

    public bool IsWantedClosed(string id) => File.Exists(ClosingOf(id));

    private string ClosingOf(string id) => Path.Combine(FolderOf(id), "closing");

    /// <summary>Removes a session for good.</summary>
    public void Remove(AcpRecord record)
    {
        if (OfScope(record.Agent, record.Cwd, record.Name)?.Id == record.Id)
        {
            File.Delete(ScopeOf(record.Agent, record.Cwd, record.Name));
        }

        OwnDirectory.Delete(places.Conversations, record.Id);
        UnmarkLive(record.Id);
    }

    /// <summary>Makes one of several that want the same scope come first.</summary>
    public IDisposable EnterScope()
    {
        PrivateDirectory.Ensure(places.Home);
        return Lease.Wait(Path.Combine(places.Home, "acp-scope-lock"), 0, ScopePatience);
    }

    private string ScopeOf(string agent, string cwd, string? name) =>
        Path.Combine(places.Scopes, Fingerprint.Of($"{agent}\0{cwd}\0{name}"));

    private static IEnumerable<string> Names(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFileSystemEntries(folder).Select(static path => Path.GetFileName(path)).Where(static name => LaunchId.IsOne(name))
        : [];
}
