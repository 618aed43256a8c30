using System.Globalization;
using Agentctl.Cli.Rendering;
using Agentctl.Cli.Terminals;

namespace Agentctl.Cli;

/// <summary>
/// Warnings on stderr. Text output names the first few of one source and counts the rest, so that thirty damaged files do not
/// push the result off the screen; JSON output names all.
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
        var shown = isJson || problems.Count <= Limit ? problems.Count : Limit;
        foreach (var problem in problems.Take(shown))
        {
            terminal.Note(prefix + PlainText.OneLine(problem));
        }

        if (problems.Count - shown is > 0 and var rest)
        {
            terminal.Note(string.Create(CultureInfo.InvariantCulture, $"{prefix}and {rest} more: {all}"));
        }
    }
}
