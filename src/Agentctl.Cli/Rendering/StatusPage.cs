using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The key and value lines of <c>status</c>.</summary>
internal static class StatusPage
{
    private const int LeastKeyWidth = 10;

    /// <param name="exact">Tokens counted over the whole record; null = not counted, the row's running total is shown.</param>
    public static void Write(Page output, SessionRow row, RowTokens? exact, Look look)
    {
        var keyWidth = Math.Max(LeastKeyWidth, row.Meta.Keys.Select(static key => TextWidth.Of(PlainText.OneLine(key))).Where(static width => width <= 24).DefaultIfEmpty(0).Max());

        void Line(string key, string? value, Ink ink = Ink.Plain)
        {
            if (value is { Length: > 0 })
            {
                output.Append(look.Paint[Ink.Faint, key.PadRight(keyWidth)]).Append(' ').Append(look.Paint[ink, value]).Append('\n');
            }
        }

        string? Time(DateTimeOffset? at) => at is { } known ? Age.Stamp(known, look.Now, look.Zone) : null;

        Line("ID", row.Id);
        Line("Adapter", row.Adapter);
        Line("Status", $"{Glyph.Shape(row)} {row.Status}" + (row.Reason is { } reason ? $" ({reason})" : ""), Glyph.Colour(row.Status));
        Line("Process", row.Pid is { } pid ? $"pid {pid.ToString(CultureInfo.InvariantCulture)}" + (row.Host is { } host ? $" on {host}" : "") : row.Alive ? "held by its owner" : "none");
        Line("Owner", row.Owner);
        Line("Exit code", row.ExitCode?.ToString(CultureInfo.InvariantCulture));
        Line("Started", Time(row.StartedAt));
        Line("Stopped", Time(row.StoppedAt));
        Line("Active", Time(row.LastActivityAt));
        Line("CWD", row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null);
        Line("Model", row.Model is { } model ? PlainText.OneLine(model) : null);
        Line("Group", row.Group);
        Line("Spec", row.Spec);
        Line("Tokens", (exact ?? row.Tokens) is { } tokens ? Tokens(tokens) : null);
        Line("Cost", row.Cost is { } cost ? "$" + cost.ToString("0.00##", CultureInfo.InvariantCulture) : null);
        Line("Prompt", row.Prompt is { } prompt ? PlainText.OneLine(prompt) : null);
        foreach (var (key, value) in row.Meta)
        {
            Line(PlainText.OneLine(key), PlainText.OneLine(value));
        }

        Line("Also", row.Aliases is { } aliases ? string.Join(", ", aliases) : null);
        Line("Evidence", $"{PlainText.OneLine(row.Evidence.Source)}: {PlainText.OneLine(row.Evidence.Fact)} ({Age.Ago(row.Evidence.ObservedAt, look.Now)})");
    }

    private static string Tokens(RowTokens tokens)
    {
        var text = $"in: {Grouped(tokens.In)}, out: {Grouped(tokens.Out)}";
        return tokens.CacheRead + tokens.CacheWrite == 0
            ? text
            : $"{text}, cache read: {Grouped(tokens.CacheRead)}, cache written: {Grouped(tokens.CacheWrite)}";
    }

    private static string Grouped(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
