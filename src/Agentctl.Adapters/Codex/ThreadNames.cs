using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// Names of threads, given by the human or by Codex: <c>session_index.jsonl</c>, one line per naming, the newest counts:
/// <c>{"id":"01a1…","thread_name":"hello from fake model","updated_at":"2026-11-21T06:49:03.602564583Z"}</c>.
/// Only what was appended since the last look is read.
/// </summary>
internal sealed class ThreadNames(CodexPlaces places)
{
    private readonly Lock gate = new();
    private Dictionary<string, string> names = [];
    private FileEntry? read;
    private long readTo;
    private string? damage;

    /// <summary>The names as they are now; a snapshot that does not change any more.</summary>
    public IReadOnlyDictionary<string, string> Read(ICollection<string> problems)
    {
        lock (gate)
        {
            try
            {
                var file = NativeFile.Stat(places.SessionIndex);
                if (file != read)
                {
                    Append(file);
                }
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{places.Shown(places.SessionIndex)}: {problem.Message}");
            }

            if (damage is not null)
            {
                problems.Add(damage);
            }

            return names;
        }
    }

    private void Append(FileEntry? file)
    {
        var grew = file is { } now && read is { } before && now.Inode == before.Inode && now.SizeBytes >= readTo;
        var updated = grew ? new Dictionary<string, string>(names) : [];
        var position = grew ? readTo : 0;
        if (file is not null)
        {
            var damaged = new DamagedRecords();
            foreach (var (line, naming) in ForeignRecords.Objects(JsonLines.Forward(places.SessionIndex, position), damaged))
            {
                position = line.End;
                if (naming.Text("id") is { } id && naming.Text("thread_name") is { } name)
                {
                    updated[id] = name;
                }
            }

            damage = damaged.Describe(places.SessionIndex, places.Shown(places.SessionIndex)) ?? (grew ? damage : null);
        }

        (names, read, readTo) = (updated, file, position);
    }
}
