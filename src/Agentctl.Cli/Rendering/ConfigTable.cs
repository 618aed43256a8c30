namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>config list</c>. Where the meanings do not fit beside the values, they stand below their keys.</summary>
internal static class ConfigTable
{
    private const string Indent = "    ";

    /// <param name="Value">Null when it is not set.</param>
    internal sealed record Row(string Key, string? Value, string Meaning, bool IsInvalid);

    public static void Write(Page output, IReadOnlyList<Row> rows, Look look)
    {
        var isNarrow = look.Width is { } width && rows.Max(static row => TextWidth.Of(row.Key)) + 2 + ValueWidth(rows) + 2 + rows.Max(static row => TextWidth.Of(row.Meaning)) > width;
        if (isNarrow)
        {
            WriteBelow(output, rows, look);
            return;
        }

        var table = new Table(new Column("Key"), new Column("Value"), new Column("Meaning"));
        foreach (var row in rows)
        {
            table.Add(row.Key, ValueOf(row), new Cell(row.Meaning, Ink.Faint));
        }

        table.Write(output, look.Width, look.Paint);
    }

    private static void WriteBelow(Page output, IReadOnlyList<Row> rows, Look look)
    {
        var keyWidth = rows.Max(static row => TextWidth.Of(row.Key));
        var width = look.Width!.Value;
        foreach (var row in rows)
        {
            var value = ValueOf(row);
            output.Append(row.Key).Append(' ', keyWidth - TextWidth.Of(row.Key) + 2)
                .Append(look.Paint[value.Ink, TextWidth.Fit(value.Text, Math.Max(1, width - keyWidth - 2))]).Append('\n');
            foreach (var line in TextWidth.Wrap(row.Meaning, Math.Max(1, width - Indent.Length)))
            {
                output.Append(Indent).Append(look.Paint[Ink.Faint, line]).Append('\n');
            }
        }
    }

    private static int ValueWidth(IReadOnlyList<Row> rows) => rows.Max(static row => TextWidth.Of(ValueOf(row).Text));

    private static Cell ValueOf(Row row) => new(row.Value is { } value ? PlainText.OneLine(value) : "unset", row.IsInvalid ? Ink.Red : row.Value is null ? Ink.Faint : Ink.Plain);
}
