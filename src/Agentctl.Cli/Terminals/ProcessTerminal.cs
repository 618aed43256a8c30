using System.Globalization;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli.Terminals;

/// <summary>The terminal of this process: descriptors 1 and 2.</summary>
internal static class ProcessTerminal
{
    public static Terminal Open(AgentEnvironment environment) => new(
        new StandardStream(1),
        new StandardStream(2),
        Traits(1, environment),
        Traits(2, environment));

    /// <summary>As it is now; a terminal may be resized.</summary>
    public static TerminalTraits Traits(int descriptor, AgentEnvironment environment)
    {
        if (TerminalSize.Of(descriptor) is not { } size)
        {
            return TerminalTraits.NotATerminal;
        }

        var canMoveCursor = environment["TERM"] is not (null or "dumb");
        var colour = environment["NO_COLOR"] is null && canMoveCursor;
        return new TerminalTraits(
            true,
            size.Columns > 0 ? size.Columns : FromVariable(environment["COLUMNS"]) ?? 80,
            size.Rows > 0 ? size.Rows : FromVariable(environment["LINES"]) ?? 24,
            colour,
            canMoveCursor);
    }

    private static int? FromVariable(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : null;
}
