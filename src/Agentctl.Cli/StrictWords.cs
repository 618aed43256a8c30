using System.CommandLine;
using System.CommandLine.Parsing;

namespace Agentctl.Cli;

/// <summary>
/// Refuses words that the parser would accept as a value although nobody means them so: a misspelled option, an empty string from an
/// unset variable, a value that ends at its equals sign. Everything after <c>--</c> is meant as it is.
/// </summary>
internal static class StrictWords
{
    /// <param name="typed">The words of the command line, as the caller typed them.</param>
    /// <returns>One line for each word that is refused.</returns>
    public static IReadOnlyList<string> Refusals(ParseResult parse, IReadOnlyList<string> typed)
    {
        var refusals = new List<string>();
        var command = parse.CommandResult.Command;
        var attached = Attached(parse.Tokens, typed);
        var isAfterDashes = false;
        for (var i = 0; i < parse.Tokens.Count; i++)
        {
            var token = parse.Tokens[i];
            if (token.Type == TokenType.DoubleDash)
            {
                isAfterDashes = true;
            }
            else if (token.Type == TokenType.Argument && !(isAfterDashes && PassedOn.IsTakenBy(command)))
            {
                if (token.Value.Length == 0)
                {
                    refusals.Add($"{NameOf(parse, token)} must not be empty.");
                }
                else if (token.Value.Contains('\0'))
                {
                    refusals.Add($"{NameOf(parse, token)} must not contain a NUL character.");
                }
                else if (!isAfterDashes && !attached[i] && token.Value is ['-', _, ..])
                {
                    refusals.Add(Dashed(parse, token));
                }
            }
        }

        foreach (var word in typed.TakeWhile(static word => word != "--"))
        {
            if (word is ['-', .., '=' or ':'] && UsageError.Options(command).Contains(word[..^1]))
            {
                refusals.Add($"{word[..^1]} must not be empty.");
            }
        }

        return refusals;
    }

    private static string Dashed(ParseResult parse, Token token)
    {
        var command = parse.CommandResult.Command;
        var refusal = UsageError.Unknown(token.Value, command);
        return OwnerOf(parse, token) is OptionResult option
            ? $"{refusal} If it is the value of {option.Option.Name}: {option.Option.Name}={token.Value}"
            : PassedOn.IsTakenBy(command) ? $"{refusal} {PassedOn.HintOf(command)}"
            : $"{refusal} If it is not an option, put -- before it.";
    }

    private static string NameOf(ParseResult parse, Token token) => OwnerOf(parse, token) switch
    {
        OptionResult option => option.Option.Name,
        ArgumentResult { Argument: var argument } => $"<{argument.HelpName ?? argument.Name}>",
        _ => "A word",
    };

    private static SymbolResult? OwnerOf(ParseResult parse, Token token) => parse.CommandResult.Children
        .FirstOrDefault(result => result.Tokens.Any(one => ReferenceEquals(one, token)))
        ?? parse.CommandResult.Children.FirstOrDefault(result => result.Tokens.Contains(token));

    /// <summary>Which values were typed in one word with their option: <c>--model=x</c>, <c>-n3</c>.</summary>
    private static bool[] Attached(IReadOnlyList<Token> tokens, IReadOnlyList<string> typed)
    {
        var attached = new bool[tokens.Count];
        var at = 0;
        foreach (var word in typed)
        {
            if (at < tokens.Count && tokens[at].Value == word)
            {
                at++;
                continue;
            }

            for (var rest = word; rest.Length > 0 && at < tokens.Count; at++)
            {
                var (type, value) = (tokens[at].Type, tokens[at].Value);
                if (type == TokenType.Option && rest.StartsWith(value, StringComparison.Ordinal))
                {
                    rest = rest[value.Length..].TrimStart('=', ':');
                }
                else if (type == TokenType.Option && value is ['-', var letter] && rest[0] == letter)
                {
                    rest = rest[1..];
                }
                else
                {
                    attached[at] = true;
                    rest = "";
                }
            }
        }

        return attached;
    }
}
