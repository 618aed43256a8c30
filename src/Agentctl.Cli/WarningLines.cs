using System.Globalization;
using Agentctl.Cli.Rendering;
using Agentctl.Cli.Terminals;

namespace Agentctl.Cli;

/// <summary>
/// Warnings on stderr. Text output prints one line for each kind of warning, with its number, and counts the rest, so that thirty
/// damaged files do not push the result off the screen; JSON output names all.
/// </summary>
internal static class WarningLines
{
    /// <summary>Lines that text output prints for one source.</summary>
    private const int Limit = 3;

    /// <param name="source">The adapter that the warnings are about; null = none in particular.</param>
    /// <param name="all">The command that names all of them.</param>
    /// <param name="isJson">Whether the output is JSON.</param>
    public static void Print(Terminal terminal, string? source, IReadOnlyList<string> problems, string all, bool isJson)
    {
        var prefix = source is null ? "warning: " : $"warning: {source}: ";
        if (isJson || problems.Count <= Limit)
        {
            foreach (var problem in problems)
            {
                terminal.Note(prefix + PlainText.OneLine(problem));
            }

            return;
        }

        var kinds = problems.GroupBy(KindOf, StringComparer.Ordinal).ToList();
        foreach (var kind in kinds.Take(Limit))
        {
            var like = kind.Count() - 1;
            terminal.Note(prefix + PlainText.OneLine(kind.First()) + (like == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (and {like} more like it: {all})")));
        }

        if (kinds.Skip(Limit).Sum(static kind => kind.Count()) is > 0 and var rest)
        {
            terminal.Note(string.Create(CultureInfo.InvariantCulture, $"{prefix}and {rest} more: {all}"));
        }
    }

    /// <summary>The words of a warning without paths and numbers.</summary>
    private static string KindOf(string problem) =>
        string.Join(' ', problem.Split(' ').Where(static word => !word.Contains('/', StringComparison.Ordinal) && !word.Any(char.IsAsciiDigit)));
}
