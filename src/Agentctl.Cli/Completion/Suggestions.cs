using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Agentctl.Cli.Completion;

/// <summary>Whole words that the last word of a line may become. The shells' scripts ask for them with <c>[suggest:POSITION] LINE</c>.</summary>
internal static class Suggestions
{
    private const string Begin = "[suggest";

    /// <summary>The line up to the cursor, without the program's name; null when the arguments ask for something else.</summary>
    public static string? LineIn(IReadOnlyList<string> args)
    {
        if (args is not [var directive, ..] || !directive.StartsWith(Begin, StringComparison.Ordinal) || directive[^1] != ']')
        {
            return null;
        }

        var line = args.Count > 1 ? args[1] : "";
        var end = int.TryParse(directive.AsSpan(Begin.Length).TrimStart(':').TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? Math.Min(position, line.Length)
            : line.Length;
        var words = line[..end].TrimStart();
        return words.IndexOf(' ') is >= 0 and var blank ? words[(blank + 1)..] : "";
    }

    public static IEnumerable<string> For(RootCommand root, string line)
    {
        var last = line[(line.LastIndexOf(' ') + 1)..];
        var before = line[..^last.Length];

        // The parser completes a value only when it stands in a word of its own.
        var (option, value) = last is ['-', ..] && last.IndexOf('=') is > 0 and var sign ? (last[..sign], last[(sign + 1)..]) : ("", last);
        var asked = option.Length > 0 ? $"{before}{option} {value}" : line;
        return root.Parse([.. CommandLineParser.SplitCommandLine(asked)], CommandLine.Parsing).CommandResult is { Command: var command } && IsValueless(command, option)
            ? []
            : root.Parse(asked, CommandLine.Parsing).GetCompletions(asked.Length).Select(static item => item.Label)
                .Where(label => label.StartsWith(value, StringComparison.Ordinal))
                .Select(label => option.Length > 0 ? $"{option}={label}" : label)
                .Distinct();
    }

    private static bool IsValueless(Command command, string option) => option.Length > 0 &&
        command.Options.FirstOrDefault(one => one.Name == option || one.Aliases.Contains(option)) is null or { Arity.MaximumNumberOfValues: 0 };
}
