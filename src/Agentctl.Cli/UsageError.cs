using System.CommandLine;
using System.CommandLine.Parsing;
using Agentctl.Cli.Terminals;

namespace Agentctl.Cli;

/// <summary>Tells what is wrong with a command line, with the nearest word that would have been right.</summary>
internal static class UsageError
{
    public static int Tell(ParseResult parse, Terminal terminal)
    {
        var command = parse.CommandResult.Command;
        var unmatched = parse.UnmatchedTokens;
        var said = unmatched.Count > 0
            ? unmatched.Select(token => Unknown(token, command))
            : parse.Errors.Select(error => error.Message);
        foreach (var line in said.Distinct())
        {
            terminal.Note(line);
        }

        terminal.Note($"See: {PathOf(parse.CommandResult)} --help");
        return ExitCode.Usage;
    }

    private static string Unknown(string token, Command command)
    {
        var isOption = token.StartsWith('-');
        var words = isOption
            ? Names(command)
            : command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => sub.Aliases.Prepend(sub.Name));
        var nearest = words.Select(word => (word, Distance: Distance(token, word))).Where(near => near.Distance <= Math.Max(1, token.Length / 3))
            .OrderBy(near => near.Distance).Select(near => near.word).FirstOrDefault();
        var what = isOption ? "Unknown option" : command.Subcommands.Count > 0 ? "Unknown command" : "Unexpected argument";
        return $"{what}: {token}." + (nearest is null ? "" : $" Did you mean {nearest}?");
    }

    private static IEnumerable<string> Names(Command command)
    {
        foreach (var option in command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive))))
        {
            yield return option.Name;
            foreach (var alias in option.Aliases)
            {
                yield return alias;
            }
        }
    }

    private static string PathOf(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
        {
            names.Push(command.Command is RootCommand ? "agentctl" : command.Command.Name);
        }

        return string.Join(' ', names);
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string one, string other)
    {
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
