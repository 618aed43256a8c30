using System.Globalization;
using System.Text;

namespace Agentctl.Launches;

/// <summary>
/// What the launches of one group are called: the reference's rules, made safe against two that would be called the same.
/// </summary>
public static class SlotNames
{
    /// <summary><c>g-</c> and six hexadecimal digits, unlike every one that is known.</summary>
    public static string NewGroup(Func<string, bool> isTaken)
    {
        while (true)
        {
            var group = "g-" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..6];
            if (!isTaken(group))
            {
                return group;
            }
        }
    }

    /// <summary>
    /// A suffix for each slot, in order: the adapter's short name; with the model's when the adapter occurs more than once; with a
    /// number when that still is not unique.
    /// </summary>
    public static IReadOnlyList<string> Suffixes(IReadOnlyList<(string Adapter, string? Model)> slots)
    {
        var suffixes = new List<string>(slots.Count);
        foreach (var (adapter, model) in slots)
        {
            var name = slots.Count(slot => slot.Adapter == adapter) > 1 ? $"{Short(adapter)}-{ShortModel(model)}" : Short(adapter);
            suffixes.Add(Unique(name, suffixes));
        }

        return suffixes;
    }

    /// <summary>The branch of a slot whose entry names none.</summary>
    public static string Branch(string group, string suffix) => $"try/{group}/{suffix}";

    /// <summary>The name itself, or with the first number from 2 that makes it unique.</summary>
    public static string Unique(string name, IReadOnlyCollection<string> taken)
    {
        var unique = name;
        for (var number = 2; taken.Contains(unique); number++)
        {
            unique = $"{name}-{number.ToString(CultureInfo.InvariantCulture)}";
        }

        return unique;
    }

    private static string Short(string adapter) => adapter switch
    {
        "claude-code" => "cc",
        "pi-rust" => "pi-rs",
        _ => adapter,
    };

    /// <summary>opus, sonnet, haiku; gpt and its number; else what follows the last slash.</summary>
    public static string ShortModel(string? model)
    {
        if (model is null)
        {
            return "default";
        }

        foreach (var family in (string[])["opus", "sonnet", "haiku"])
        {
            if (model.Contains(family, StringComparison.OrdinalIgnoreCase))
            {
                return family;
            }
        }

        var last = model[(model.LastIndexOf('/') + 1)..];
        var gpt = last.IndexOf("gpt", StringComparison.OrdinalIgnoreCase);
        if (gpt >= 0 && last.AsSpan(gpt + 3).TrimStart('-') is { Length: > 0 } rest && char.IsAsciiDigit(rest[0]))
        {
            var digits = 1;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            {
                digits++;
            }

            return $"gpt{rest[..digits]}";
        }

        return Plain(last);
    }

    /// <summary>Only what may stand in the name of a branch and of a directory.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            plain.Append(char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' || (letter == '.' && plain.Length > 0 && plain[^1] != '.') ? letter : '-');
        }

        var trimmed = plain.ToString().Trim('-', '.');
        return trimmed.EndsWith(".lock", StringComparison.Ordinal) ? trimmed[..^5] : trimmed.Length > 0 ? trimmed : "default";
    }
}
