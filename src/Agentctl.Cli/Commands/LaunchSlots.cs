using System.CommandLine;
using System.CommandLine.Parsing;

namespace Agentctl.Cli.Commands;

/// <summary>Which agents a command line names, each with its model: a --model belongs to the --adapter before it.</summary>
internal static class LaunchSlots
{
    /// <param name="adapter">The repeatable option.</param>
    /// <param name="model">The repeatable option.</param>
    /// <param name="word">The adapter that was said as a word.</param>
    /// <returns>At least one; an adapter of null is config's, or the usual one.</returns>
    public static IReadOnlyList<(string? Adapter, string? Model)> Of(ParseResult parse, Option adapter, Option model, string? word)
    {
        var slots = new List<(string? Adapter, string? Model)>();
        string? before = null;
        Option? option = null;
        foreach (var token in parse.Tokens.TakeWhile(static token => token.Type != TokenType.DoubleDash))
        {
            if (token.Type == TokenType.Option)
            {
                option = token.Value == adapter.Name ? adapter : token.Value == model.Name ? model : null;
            }
            else if (option == adapter)
            {
                slots.Add((token.Value, before));
                option = null;
            }
            else if (option == model)
            {
                if (slots is [.., { Model: var given } last])
                {
                    slots[^1] = given is null || given == before
                        ? last with { Model = token.Value }
                        : throw new UsageException($"Two models were named for {last.Adapter} ({given}, {token.Value}). Say --adapter {last.Adapter} again before the second.");
                }
                else
                {
                    // Before any adapter: for all that do not say their own.
                    before = before is null ? token.Value : throw new UsageException($"Several models were named ({before}, {token.Value}) before any --adapter.");
                }

                option = null;
            }
        }

        if (word is not null && slots.Exists(slot => slot.Adapter != word))
        {
            throw new UsageException($"Several adapters were named ({word}, {slots.First(slot => slot.Adapter != word).Adapter}). To launch several, say each with --adapter.");
        }

        return slots.Count > 0 ? slots : [(word, before)];
    }
}
