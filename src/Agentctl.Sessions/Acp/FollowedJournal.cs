using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>A journal that others write: read once, then only what is new. Thread-safe.</summary>
internal sealed class FollowedJournal(string path)
{
    private readonly Lock gate = new();
    private AcpLeft.Reading reading = new();
    private AcpLeft left = new();
    private FileEntry? seen;
    private long position;
    private long? damagedAt;
    private int damagedLines;
    private long? lastDamage;

    /// <summary>What it says is unfinished.</summary>
    public AcpLeft Left()
    {
        lock (gate)
        {
            var now = NativeFile.Stat(path);
            if (now == seen)
            {
                return left;
            }

            if (now is null || now.Value.Inode != seen?.Inode || now.Value.SizeBytes < position)
            {
                (reading, position, damagedAt, damagedLines, lastDamage) = (new AcpLeft.Reading(), 0, null, 0, null);
            }

            foreach (var (entry, next) in AcpJournal.Read(path, position, NoteDamage))
            {
                reading.Add(entry);
                position = next;
            }

            seen = now;
            return left = reading.Now();
        }
    }

    /// <summary>What cannot be read of it, as a sentence; null when all can.</summary>
    public string? Damage()
    {
        Left();
        lock (gate)
        {
            return damagedAt is { } at ? $"{path}: {damagedLines} damaged {(damagedLines == 1 ? "line" : "lines")}, the first at byte {at}; the rest is read." : null;
        }
    }

    private void NoteDamage(long at)
    {
        // A line that is damaged at the end is met again by the next reading.
        if (at > (lastDamage ?? -1))
        {
            damagedLines++;
            damagedAt ??= at;
            lastDamage = at;
        }
    }
}
