namespace Agentctl.Adapters.Gemini;

/// <summary>
/// Where chat files lie below <c>~/.gemini/tmp</c>:
/// <c>&lt;slug&gt;/chats/session-2026-11-21T01-44-9d0cefdc.jsonl</c>, before 0.58 the same with <c>.json</c>, and of a sub-agent
/// <c>&lt;slug&gt;/chats/&lt;parent's id&gt;/&lt;id&gt;.jsonl</c>.
/// </summary>
internal static class GeminiPlace
{
    /// <summary>From the root to a sub-agent's file.</summary>
    public const int MaxDepth = 4;

    private const string Chats = "chats";

    public static bool MayBeChat(string name) =>
        name.EndsWith(".jsonl", StringComparison.Ordinal) || (name.StartsWith("session-", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal));

    public static bool IsChat(string path) => IsInChats(path) || ParentOf(path) is not null;

    /// <summary>The session whose sub-agent a file belongs to; null for a conversation of its own.</summary>
    public static string? ParentOf(string path) =>
        !IsInChats(path) && Path.GetDirectoryName(path) is { } folder && IsInChats(folder) ? Path.GetFileName(folder) : null;

    /// <summary>The folder of the project that a chat file belongs to.</summary>
    public static string ProjectOf(string path)
    {
        var chats = Path.GetDirectoryName(path)!;
        return Path.GetDirectoryName(IsInChats(path) ? chats : Path.GetDirectoryName(chats)!)!;
    }

    /// <summary>Whether a file may be the one of a session: names hold the first eight characters of an id, or all of it.</summary>
    public static bool MayBeOf(string name, string id)
    {
        var stem = Path.GetFileNameWithoutExtension(name.AsSpan());
        return stem.SequenceEqual(id) || (id.Length >= 8 && stem.Length > 8 && stem[^9] == '-' && stem[^8..].SequenceEqual(id.AsSpan(0, 8)));
    }

    private static bool IsInChats(string path) => Path.GetFileName(Path.GetDirectoryName(path.AsSpan())).SequenceEqual(Chats);
}
