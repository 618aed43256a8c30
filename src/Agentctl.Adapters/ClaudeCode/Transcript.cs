using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What a row needs of one transcript, read once per state of the file (path, inode, size, time).</summary>
internal sealed class Transcript
{
    private Sighting? _unheld;

    public required FileEntry File { get; init; }
    public required TranscriptHead Head { get; init; }
    public required TranscriptTail Tail { get; init; }

    /// <summary>One sentence about the damaged records in it; null when there are none.</summary>
    public string? Damage { get; init; }

    public string SessionId => SessionIdOf(File.Path);

    public string? Prompt => Head.Prompt ?? (Head.Command is null || Tail.Signal == Signal.NeverRun ? Head.Queued : Head.Command);

    public DateTimeOffset? LastActivityAt => Tail.LastActivityAt ?? Head.StartedAt;

    /// <summary>Where the session works now.</summary>
    public string? Cwd => Tail.Cwd(Head.Cwd);

    /// <summary>There are lines, and none of them is a record.</summary>
    public bool IsCorrupt => Head.Records + Tail.Records == 0 && Damage is not null;

    /// <summary>The sighting for as long as nothing but this file tells of the session; the same instance each time.</summary>
    public Sighting Unheld(Func<Sighting> make) => LazyInitializer.EnsureInitialized(ref _unheld, make);

    /// <summary>What <see cref="Unheld"/> gave, if it was asked before.</summary>
    public Sighting? KnownUnheld => Volatile.Read(ref _unheld);

    public static Transcript Read(FileEntry file, ClaudePlaces places)
    {
        var damaged = new DamagedRecords();
        var tail = new TranscriptTail(places.Show(file.Path), file.ModifiedAt, Path.GetFileName(Path.GetDirectoryName(file.Path)) ?? "");
        tail.Read(file.Path, damaged);
        var head = TranscriptHead.Read(file.Path, damaged);
        return new Transcript { File = file, Head = head, Tail = tail, Damage = damaged.Describe(file.Path, places.Show(file.Path)) };
    }

    public static string SessionIdOf(string path) => Path.GetFileNameWithoutExtension(path);
}
