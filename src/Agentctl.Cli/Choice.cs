using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace Agentctl.Cli;

/// <summary>An option or argument that takes one of few words: checked, completed, and listed when another word is given.</summary>
internal static class Choice
{
    public static void OneOf(this Option option, params string[] values)
    {
        Complete(option.CompletionSources, values);
        option.Validators.Add(result => Check(result, option.Name, values, option.ValueType.IsEnum));
    }

    public static void OneOf(this Argument argument, params string[] values)
    {
        Complete(argument.CompletionSources, values);
        argument.Validators.Add(result => Check(result, $"<{argument.HelpName ?? argument.Name}>", values, argument.ValueType.IsEnum));
    }

    private static void Complete(List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources, string[] values)
    {
        sources.Clear();
        sources.Add(_ => values.Select(static value => new CompletionItem(value)));
    }

    private static void Check(SymbolResult result, string name, string[] values, bool isEnum)
    {
        foreach (var token in result.Tokens.Where(token => !values.Contains(token.Value, isEnum ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal)))
        {
            result.AddError($"Invalid value for {name}: {token.Value}. Use {string.Join(", ", values[..^1])} or {values[^1]}.");
        }
    }
}
