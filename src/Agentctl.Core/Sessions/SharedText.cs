using System.Collections.Concurrent;

namespace Agentctl.Core;

/// <summary>
/// One instance of what many sessions repeat: directories, models, versions, branches. Of a hundred thousand sessions a daemon keeps
/// each of them once. Holds a few thousand and no more; what is beyond that is kept by whoever has it. Thread-safe.
/// </summary>
public static class SharedText
{
    private const int Most = 8192;
    private const int LongestChars = 200;

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Metas = new(StringComparer.Ordinal);

    /// <summary>The same text, as the instance that others have.</summary>
    public static string? Of(string? text) =>
        text is null || text.Length > LongestChars ? text
        : Texts.TryGetValue(text, out var shared) ? shared
        : Texts.Count >= Most ? text
        : Texts.GetOrAdd(text, text);

    /// <summary>The same pairs in the same order, as the instance that others have.</summary>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, string> meta)
    {
        if (meta.Count == 0)
        {
            return meta;
        }

        var key = string.Join('\0', meta.Select(static pair => $"{pair.Key}\0{pair.Value}"));
        return key.Length > LongestChars ? meta
            : Metas.TryGetValue(key, out var shared) ? shared
            : Metas.Count >= Most ? meta
            : Metas.GetOrAdd(key, meta);
    }
}
