namespace Agentctl.Core;

/// <summary>How much of an ACP agent is taken, so that no agent decides how large the daemon grows.</summary>
public static class AcpLimits
{
    /// <summary>The longest message. A picture of 12 MB fits.</summary>
    public const int LongestMessageBytes = 16 << 20;

    /// <summary>How much of an answer its result keeps, in characters: a result is held in memory as a whole.</summary>
    public const int KeptAnswer = 1 << 20;

    /// <summary>The longest answer of one turn, in characters; a longer one fails the turn.</summary>
    public const int LongestAnswer = 12 << 20;

    /// <summary>The longest id that an agent may tell.</summary>
    public const int LongestId = 256;

    /// <summary>Whether an id that an agent told can be printed, stored and typed: printable ASCII, at most <see cref="LongestId"/> characters.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= LongestId && !id.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
