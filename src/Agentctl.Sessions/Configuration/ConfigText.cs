using System.Text.Json;

namespace Agentctl.Sessions;

/// <summary>What texts of config.json must not be.</summary>
internal static class ConfigText
{
    /// <summary>The text of a string or property name; null when it holds half of a surrogate pair, which is no character.</summary>
    public static string? In(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Why a value cannot be read whatever its key: names that appear twice in one object, and texts that no program can take.</summary>
    /// <param name="value">Valid JSON.</param>
    /// <returns>Where in the value, and what is wrong; null when nothing is.</returns>
    public static (int Offset, string? Problem) ProblemIn(ReadOnlySpan<byte> value, string key)
    {
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var names = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    names.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    names.Pop();
                    break;
                case JsonTokenType.String or JsonTokenType.PropertyName:
                    var text = In(ref reader);
                    var problem = text is null ? $"\"{key}\" holds half of a surrogate pair (\\ud800 to \\udfff)"
                        : text.Contains('\0', StringComparison.Ordinal) ? $"\"{key}\" holds a NUL character (\\u0000)"
                        : reader.TokenType == JsonTokenType.PropertyName && !names.Peek().Add(text) ? $"\"{key}\": '{text}' appears twice; keep one of them"
                        : null;
                    if (problem is not null)
                    {
                        return ((int)reader.TokenStartIndex, problem);
                    }

                    break;
            }
        }

        return (0, null);
    }

    /// <summary>Why a text cannot be the value of a key; null when it can.</summary>
    public static string? WhyRefused(string key, string text) => key is not ("adapter" or "model" or "cwd" or "acp_agent") ? null
        : text.Length == 0 ? $"\"{key}\" must not be empty; to remove it: agentctl config unset {key}"
        : text[0] == '-' ? $"\"{key}\" must not begin with a hyphen: programs would read it as an option"
        : text.Any(char.IsControl) ? $"\"{key}\" must not hold control characters"
        : null;
}
