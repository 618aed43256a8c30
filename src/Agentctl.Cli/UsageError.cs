using System.CommandLine;
using System.CommandLine.Parsing;
using Agentctl.Cli.Terminals;

namespace Agentctl.Cli;

/// <summary>Says what is wrong with a command line, with the nearest word that would have been right.</summary>
internal static class UsageError
{
    /// <summary>Words of docker, kubectl, gh and systemctl that no edit distance leads to ours.</summary>
    private static readonly Dictionary<string, string> Habits = new()
    {
        ["ps"] = "list", ["top"] = "list --watch", ["kill"] = "stop", ["end"] = "stop", ["run"] = "launch", ["start"] = "launch", ["show"] = "status",
        ["get"] = "list", ["inspect"] = "explain", ["describe"] = "explain", ["rm"] = "prune", ["remove"] = "prune", ["tail"] = "logs -f", ["version"] = "--version",
    };

    public static int Tell(ParseResult parse, Terminal terminal)
    {
        var command = parse.CommandResult.Command;
        IEnumerable<string> lines = parse.UnmatchedTokens switch
        {
            [] => parse.Errors.Select(error => MessageOf(error, parse)),

            // What follows an unknown command are its own words.
            [var first, ..] when command.Subcommands.Count > 0 => [Unknown(first, command)],
            var unmatched => unmatched.Select(token => Unknown(token, command)),
        };
        return Tell(lines, parse, terminal);
    }

    public static int Tell(IEnumerable<string> lines, ParseResult parse, Terminal terminal)
    {
        foreach (var line in lines.Distinct())
        {
            terminal.Note(line);
        }

        terminal.Note($"See: {PathOf(parse.CommandResult)} --help");
        return ExitCode.Usage;
    }

    public static string Unknown(string word, Command command)
    {
        var isOption = word.StartsWith('-');
        var words = (isOption ? Options(command) : Subcommands(command)).ToList();
        var what = isOption ? "Unknown option" : command.Subcommands.Count > 0 ? "Unknown command" : "Unexpected argument";
        if (words.Contains(word))
        {
            return $"{what}: {word}. Write it before --.";
        }

        var name = isOption && word.IndexOfAny(['=', ':']) is > 0 and var end ? word[..end] : word;
        var nearest = !isOption && command is RootCommand && Habits.GetValueOrDefault(word) is { } habit ? habit : words
            .Select(known => (known, Distance: Distance(name, known))).Where(near => near.Distance <= Math.Max(1, name.Length / 3))
            .OrderBy(static near => near.Distance).Select(static near => near.known).FirstOrDefault();
        return $"{what}: {word}." + (nearest is null ? "" : $" Did you mean {nearest}?");
    }

    /// <summary>Every name that an option may be called by there.</summary>
    public static IEnumerable<string> Options(Command command) => command.Options
        .Concat(command.Parents.OfType<Command>().SelectMany(static parent => parent.Options.Where(static option => option.Recursive)))
        .SelectMany(static option => option.Aliases.Prepend(option.Name));

    private static IEnumerable<string> Subcommands(Command command) =>
        command.Subcommands.Where(static sub => !sub.Hidden).SelectMany(static sub => sub.Aliases.Prepend(sub.Name));

    /// <summary>The parser's message, but where that speaks of .NET types or leaves out what is missing.</summary>
    private static string MessageOf(ParseError error, ParseResult parse)
    {
        switch (error.SymbolResult)
        {
            case OptionResult { Option: var option } result when IsNumber(option.ValueType) && error.Message.Contains("System.", StringComparison.Ordinal):
                return $"Invalid value for {option.Name}: {result.Tokens[^1].Value}. Use a number.";
            case ArgumentResult { Argument: var argument } result when IsNumber(argument.ValueType) && error.Message.Contains("System.", StringComparison.Ordinal):
                return $"Invalid value for <{argument.Name}>: {result.Tokens[^1].Value}. Use a number.";
            case OptionResult { Option: var option, Tokens: [] }:
                return $"{option.Name} needs a value.";
            case OptionResult { Option: { ValueType.IsEnum: true } option } result when error.Message.Contains("Agentctl.", StringComparison.Ordinal):
                return parse.Errors.FirstOrDefault(other => other != error && other.SymbolResult == error.SymbolResult)?.Message ?? $"Invalid value for {option.Name}: {result.Tokens[^1].Value}.";
            case CommandResult { Command: { Subcommands.Count: > 0 } command } when parse.CommandResult.Command == command:
                return $"Required command missing: {string.Join(", ", command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => sub.Name))}.";
        }

        var missing = parse.CommandResult.Command.Arguments
            .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parse.GetResult(argument) is null or { Tokens.Count: 0 })
            .Select(static argument => $"<{argument.HelpName ?? argument.Name}>").ToList();
        return missing.Count > 0 && error.SymbolResult is CommandResult or ArgumentResult { Tokens.Count: 0 }
            ? $"Required argument missing: {string.Join(' ', missing)}."
            : error.Message.ReplaceLineEndings(" ");
    }

    private static bool IsNumber(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) is >= TypeCode.SByte and <= TypeCode.Decimal && !type.IsEnum;

    private static string PathOf(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
        {
            names.Push(command.Command is RootCommand ? "agentctl" : command.Command.Name);
        }

        return string.Join(' ', names);
    }

    /// <summary>The edit distance of Levenshtein, of words short enough to be mistyped.</summary>
    private static int Distance(string one, string other)
    {
        const int longest = 64;
        if (one.Length > longest || other.Length > longest)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
