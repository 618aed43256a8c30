namespace Agentctl.Core;

/// <summary>
/// What may be a session's id. Agents make ids, people and scripts copy them: an id with a line feed would be two lines of
/// <c>list -q</c>, one with a control character would steer a terminal.
/// </summary>
public static class SessionIds
{
    public const int LongestBytes = 256;

    /// <summary>Printable ASCII without spaces at its ends, at most 256 bytes.</summary>
    public static bool IsValid(string? id) =>
        id is { Length: > 0 and <= LongestBytes } && id[0] != ' ' && id[^1] != ' ' && !id.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Whether an agent may report this id: a name with @ in front belongs to a launch that has no session yet.</summary>
    public static bool MayBeReported(string? id) => IsValid(id) && id![0] != '@';

    /// <summary>The id, or null when it may not be one.</summary>
    public static string? ValidOrNull(string? id) => IsValid(id) ? id : null;
}
