using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// Reads the JSON5 that people write by hand into openclaw.json:
/// <code>{ gateway: { auth: { token: '${OPENCLAW_GATEWAY_TOKEN}' }, port: 0x4965, }, /* why */ }</code>
/// Bare keys, single quotes, JSON5 escapes and numbers are rewritten; comments and trailing commas the JSON reader allows itself.
/// </summary>
internal static class Json5
{
    private static readonly JsonDocumentOptions Tolerant = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 128,
    };

    /// <exception cref="JsonException">The text is not JSON5.</exception>
    public static JsonDocument Parse(string text) => JsonDocument.Parse(HalfPairs.Mended(Encoding.UTF8.GetBytes(ToJson(text))), Tolerant);

    private static string ToJson(string text)
    {
        var json = new StringBuilder(text.Length + 64);
        var at = text.StartsWith('\uFEFF') ? 1 : 0;
        while (at < text.Length)
        {
            var c = text[at];
            at = c switch
            {
                '"' or '\'' => CopyString(text, at, json),
                '/' => CopyComment(text, at, json),
                _ when IsWordStart(c) => CopyWord(text, at, json),
                _ => CopyOne(c, at, json),
            };
        }

        return json.ToString();
    }

    private static int CopyOne(char c, int at, StringBuilder json)
    {
        json.Append(char.IsWhiteSpace(c) && c is not ('\n' or '\r' or '\t') ? ' ' : c);
        return at + 1;
    }

    /// <summary>Comments are kept whole: the JSON reader skips them and keeps its line numbers.</summary>
    private static int CopyComment(string text, int at, StringBuilder json)
    {
        var end = at + 1 >= text.Length ? text.Length
            : text[at + 1] == '/' ? text.IndexOf('\n', at) is var line and >= 0 ? line : text.Length
            : text[at + 1] == '*' ? text.IndexOf("*/", at + 2, StringComparison.Ordinal) is var close and >= 0 ? close + 2 : text.Length
            : at + 1;
        json.Append(text, at, end - at);
        return end;
    }

    private static int CopyString(string text, int at, StringBuilder json)
    {
        var quote = text[at++];
        json.Append('"');
        while (at < text.Length && text[at] != quote)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at = CopyEscape(text, at + 1, json);
                continue;
            }

            json.Append(text[at] == '"' ? "\\\"" : text[at].ToString());
            at++;
        }

        if (at >= text.Length)
        {
            return at; // unterminated: the JSON reader says so, with the line
        }

        json.Append('"');
        return at + 1;
    }

    private static int CopyEscape(string text, int at, StringBuilder json)
    {
        switch (text[at])
        {
            case '\r' when at + 1 < text.Length && text[at + 1] == '\n':
                return at + 2;
            case '\n' or '\r':
                return at + 1; // a line continuation stands for nothing
            case 'x' when at + 2 < text.Length:
                json.Append("\\u00").Append(text, at + 1, 2);
                return at + 3;
            case 'v':
                json.Append("\\u000b");
                return at + 1;
            case '0':
                json.Append("\\u0000");
                return at + 1;
            case 'b' or 'f' or 'n' or 'r' or 't' or 'u' or '"' or '\\' or '/':
                json.Append('\\').Append(text[at]);
                return at + 1;
            default:
                json.Append(text[at]);
                return at + 1;
        }
    }

    private static bool IsWordStart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' or '+' or '-' or '.';

    private static int CopyWord(string text, int at, StringBuilder json)
    {
        var end = at + 1;
        while (end < text.Length && (IsWordStart(text[end]) || char.IsLetterOrDigit(text[end])))
        {
            end++;
        }

        var word = text[at..end];
        var isKey = IsFollowedByColon(text, end);
        json.Append(isKey ? $"\"{word}\"" : word is "true" or "false" or "null" ? word : Number(word));
        return end;
    }

    private static bool IsFollowedByColon(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at < text.Length && text[at] == ':';
    }

    private static string Number(string word)
    {
        var digits = word.TrimStart('+', '-');
        var sign = word.StartsWith('-') ? "-" : "";
        if (digits is "Infinity" or "NaN")
        {
            return "null";
        }

        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) &&
            long.TryParse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hexadecimal))
        {
            return $"{sign}{hexadecimal}";
        }

        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? sign + (digits.StartsWith('.') ? "0" : "") + (digits.EndsWith('.') ? digits + "0" : digits)
            : word; // not a number: the JSON reader says so, with the line
    }
}
