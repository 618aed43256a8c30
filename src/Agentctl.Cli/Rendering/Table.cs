
namespace Agentctl.Cli.Rendering;

/// <summary>A column of a table, and what may happen to it when the terminal is narrow.</summary>
/// <param name="Readable">To how many blanks it may be cut before other columns have to leave; null = it is never cut.</param>
/// <param name="Least">To how many it may be cut when no other column is left that could leave.</param>
/// <param name="KeepEnd">Cut the start instead of the end.</param>
/// <param name="Leaves">In which order columns leave when cutting is not enough; null = it stays.</param>
internal sealed record Column(string Title, int? Readable = null, int? Least = null, bool KeepEnd = false, int? Leaves = null);

/// <summary>A cell: what it says, and in which ink.</summary>
internal readonly record struct Cell
{
    /// <param name="text">Foreign: cut and aligned by its visible characters.</param>
    public Cell(string text, Ink ink = Ink.Plain)
    {
        Text = PlainText.OneLine(text);
        Ink = ink;
    }

    public string Text { get; }

    public Ink Ink { get; }

    public static implicit operator Cell(string? text) => new(text ?? "");
}

/// <summary>An aligned table: two blanks between columns, fitted to a width, columns without any value left out.</summary>
internal sealed class Table(params Column[] columns)
{
    private const int Gap = 2;
    private readonly List<Cell[]> rows = [];

    public void Add(params Cell[] cells) => rows.Add(cells);

    /// <param name="width">Columns of the terminal; null = as wide as it gets.</param>
    public void Write(Page output, int? width, Paint paint)
    {
        var shown = Enumerable.Range(0, columns.Length).Where(column => rows.Any(row => row[column].Text.Length > 0)).ToList();
        var widths = shown.ConvertAll(Natural);
        if (width is { } available)
        {
            Fit(shown, widths, available);
        }

        WriteLine(output, shown, widths, column => new Cell(columns[column].Title, Ink.Faint), paint);
        foreach (var row in rows)
        {
            WriteLine(output, shown, widths, column => row[column], paint);
        }
    }

    private int Natural(int column)
    {
        var widest = TextWidth.Of(columns[column].Title);
        foreach (var row in rows)
        {
            widest = Math.Max(widest, TextWidth.Of(row[column].Text));
        }

        return widest;
    }

    /// <summary>Cuts what stays readable; when that is not enough a column leaves and all are whole again; in the end cuts what can be cut.</summary>
    private void Fit(List<int> shown, List<int> widths, int available)
    {
        while (!Cut(shown, widths, available, static column => column.Readable))
        {
            if (shown.Where(column => columns[column].Leaves is not null).OrderBy(column => columns[column].Leaves).ToList() is not [var leaving, ..])
            {
                Cut(shown, widths, available, static column => column.Least ?? column.Readable);
                return;
            }

            shown.Remove(leaving);
            widths.Clear();
            widths.AddRange(shown.Select(Natural));
        }
    }

    /// <summary>Takes one blank at a time from the widest column that has one to give.</summary>
    /// <returns>Whether it fits now.</returns>
    private bool Cut(List<int> shown, List<int> widths, int available, Func<Column, int?> limit)
    {
        for (var over = widths.Sum() + Gap * (widths.Count - 1) - available; over > 0; over--)
        {
            var widest = -1;
            for (var i = 0; i < shown.Count; i++)
            {
                if (limit(columns[shown[i]]) is { } least && widths[i] > least && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                return false;
            }

            widths[widest]--;
        }

        return true;
    }

    private void WriteLine(Page output, List<int> shown, List<int> widths, Func<int, Cell> cellOf, Paint paint)
    {
        var owed = 0;
        for (var i = 0; i < shown.Count; i++)
        {
            var cell = cellOf(shown[i]);
            var text = columns[shown[i]].KeepEnd ? TextWidth.FitEnd(cell.Text, widths[i]) : TextWidth.Fit(cell.Text, widths[i]);
            if (text.Length > 0)
            {
                output.Append(' ', owed).Append(paint[cell.Ink, text]);
                owed = 0;
            }

            owed += widths[i] - TextWidth.Of(text) + Gap;
        }

        output.Append('\n');
    }
}
