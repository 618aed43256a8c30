using System.Globalization;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// What the name of a rollout says:
/// <c>rollout-2026-11-21T06-47-02-01a1fcdb-c06a-7f43-9bef-1dc6ab81d532.jsonl</c>, or <c>….jsonl.zst</c> once Codex compressed it.
/// </summary>
internal static class RolloutName
{
    private const string Prefix = "rollout-";
    private const string Plain = ".jsonl";
    private const string Compressed = ".jsonl.zst";
    private const int IdLength = 36;
    private static readonly long LastMilliseconds = DateTimeOffset.MaxValue.AddDays(-2).ToUnixTimeMilliseconds();
    private static readonly int[] Days = [0, -1, 1];

    public static bool IsRollout(string fileName) => IdOf(fileName) is not null;

    public static bool IsCompressed(string path) => path.EndsWith(Compressed, StringComparison.Ordinal);

    /// <summary>The thread id in a rollout's path, or null when it is no rollout.</summary>
    public static string? IdOf(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        var suffix = name.EndsWith(Plain, StringComparison.Ordinal) ? Plain.Length
            : name.EndsWith(Compressed, StringComparison.Ordinal) ? Compressed.Length
            : 0;
        if (suffix == 0 || !name.StartsWith(Prefix, StringComparison.Ordinal) || name.Length < Prefix.Length + IdLength + suffix)
        {
            return null;
        }

        var id = name[^(IdLength + suffix)..^suffix];
        return Guid.TryParseExact(id, "D", out _) ? id.ToString() : null;
    }

    /// <summary>Whether a text can be a thread id at all: Codex names threads by UUID.</summary>
    public static bool IsId(string text) => Guid.TryParseExact(text, "D", out _);

    /// <summary>When a thread was made, from the first 48 bits of a UUID of version 7; null for other ids.</summary>
    public static DateTimeOffset? MadeAt(string id) =>
        id.Length == IdLength && id[14] == '7'
        && long.TryParse(string.Concat(id.AsSpan(0, 8), id.AsSpan(9, 4)), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds < LastMilliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    /// <summary>Whether a turn is a thread's own, not one of a parent that it repeats: its id was made after the thread's. True where ids tell no time.</summary>
    public static bool IsTurnOf(string threadId, string? turnId) =>
        turnId is null || MadeAt(turnId) is not { } turn || MadeAt(threadId) is not { } thread || turn >= thread;

    /// <summary>
    /// The folders below sessions/ where a thread's rollout can be: Codex uses the local date of its own time zone, which
    /// is the day before, of or after the day in UTC.
    /// </summary>
    public static IEnumerable<string> FoldersOf(string id)
    {
        if (MadeAt(id) is not { } made)
        {
            yield break;
        }

        foreach (var day in Days)
        {
            yield return made.UtcDateTime.AddDays(day).ToString("yyyy/MM/dd", CultureInfo.InvariantCulture);
        }
    }
}
