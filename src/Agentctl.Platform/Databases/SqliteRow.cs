using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// One row, copied: it may be kept. Null is SQL's NULL, a column that is not there, or a text that is no number where one was asked for.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names are SQLite's own words for its types.")]
public readonly struct SqliteRow
{
    private readonly object?[]? values;

    private SqliteRow(object?[] values) => this.values = values;

    public string? Text(int i) => Value(i)?.ToString();

    public long? Int64(int i) => Value(i) switch
    {
        long number => number,
        double number => (long)number,
        string text when long.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    public double? Double(int i) => Value(i) switch
    {
        long number => number,
        double number => number,
        string text when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    private object? Value(int i) => values is not null && (uint)i < (uint)values.Length ? values[i] : null;

    internal static SqliteRow Read(nint statement)
    {
        var read = new object?[SqliteLibrary.ColumnCount(statement)];
        for (var i = 0; i < read.Length; i++)
        {
            read[i] = SqliteLibrary.ColumnType(statement, i) switch
            {
                SqliteLibrary.SQLITE_INTEGER => SqliteLibrary.ColumnInt64(statement, i),
                SqliteLibrary.SQLITE_FLOAT => SqliteLibrary.ColumnDouble(statement, i),
                SqliteLibrary.SQLITE_NULL => null,
                // Texts, and blobs as the texts they mostly are.
                _ => TextOf(statement, i),
            };
        }

        return new SqliteRow(read);
    }

    private static unsafe string TextOf(nint statement, int i)
    {
        // In this order: asking for the text may convert it, and so change its length.
        var text = SqliteLibrary.ColumnText(statement, i);
        return text is null ? "" : Encoding.UTF8.GetString(text, SqliteLibrary.ColumnBytes(statement, i));
    }
}
