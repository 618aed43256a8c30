namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// Which rows are to be read again although no event asks for it. A gateway announces the end of a run a moment before its own list says
/// so, and then says nothing more: what was read upon the last event of a session may be of before.
/// </summary>
internal sealed class SecondLooks(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, (DateTimeOffset HeardAt, DateTimeOffset Due)> keys = [];

    /// <summary>How long until the next is due; null when there is none.</summary>
    public TimeSpan? Left => keys.Count == 0 ? null
        : keys.Values.Min(static one => one.Due) - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    public IReadOnlyList<string> Due()
    {
        var now = time.GetUtcNow();
        return [.. keys.Where(one => one.Value.Due <= now).Select(static one => one.Key)];
    }

    /// <summary>An event named it, and it was read.</summary>
    public void Begin(string key) => keys[key] = (time.GetUtcNow(), time.GetUtcNow() + Shortest);

    /// <summary>It was read without an event: what runs is looked at again, the later the longer nothing was heard of it.</summary>
    public void Read(string key, bool isActive)
    {
        if (!isActive)
        {
            keys.Remove(key);
            return;
        }

        var now = time.GetUtcNow();
        var heardAt = keys.TryGetValue(key, out var known) ? known.HeardAt : now;
        var pause = (now - heardAt) / 4;
        keys[key] = (heardAt, now + (pause < Shortest ? Shortest : pause > Longest ? Longest : pause));
    }

    /// <summary>The whole list was read.</summary>
    public void BeginWith(IEnumerable<string> active)
    {
        keys.Clear();
        foreach (var key in active)
        {
            Begin(key);
        }
    }
}
