using System.Diagnostics;
using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>Parts of a conversation that its agent kept and that cannot be read: each stretch of them is one entry of the transcript.</summary>
internal sealed class UnreadableParts
{
    /// <summary>How long doctor checks the parts of one database.</summary>
    public static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(1);

    private int count;
    private (string Problem, DateTimeOffset? At, long Cursor) newest;

    /// <param name="problem">Why it cannot be read.</param>
    public void Add(string problem, DateTimeOffset? at, long cursor)
    {
        newest = count++ == 0 ? (problem, at, cursor) : newest;
    }

    /// <summary>The entry for the stretch that ends here; null when every part before this place was read.</summary>
    public TranscriptEntry? Take()
    {
        if (count == 0)
        {
            return null;
        }

        var parts = count == 1 ? "1 part of the conversation is" : $"{count} parts of the conversation are";
        count = 0;
        return new TranscriptEntry("system", $"[agentctl] {parts} left out here: {newest.Problem}", null, newest.At, null, newest.Cursor);
    }

    /// <summary>What doctor reports of one place: how many parts cannot be read, and the newest of them.</summary>
    /// <param name="parts">Each part, newest first, with what is wrong with it.</param>
    /// <returns>The problem, and how many parts were checked when there was no time for all.</returns>
    public static (string? Problem, int? CheckedOnly) Check(string place, IEnumerable<(string Session, string? Problem)> parts, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var (all, damaged) = (0, 0);
        (string Session, string Problem)? first = null;
        var isWhole = true;
        foreach (var (session, problem) in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (problem is not null)
            {
                damaged++;
                first ??= (session, problem);
            }

            all++;
            if (Stopwatch.GetElapsedTime(began) > CheckTime)
            {
                isWhole = false;
                break;
            }
        }

        return (
            first is { } one ? $"{place}: {damaged} {(damaged == 1 ? "part" : "parts")} of conversations cannot be read, the newest in session {one.Session}: {one.Problem}. peek and logs show where they are missing" : null,
            isWhole ? null : all);
    }
}
