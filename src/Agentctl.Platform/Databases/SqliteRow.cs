using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// One row, copied: it may be kept. Null is SQL's NULL, a column that is not there, or a text that is no number where one was asked for.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names are SQLite's own words for its types.")]
public readonly struct SqliteRow
{
    private readonly object?[]? _values;

    private SqliteRow(object?[] values) => _values = values;

    public string? Text(int i) => Value(i)?.ToString();

    public long? Int64(int i) => Value(i) switch
    {
        long number => number,
        double number => (long)number,
        string text when long.TryParse(text, out var number) => number,
        _ => null,
    };

    public double? Double(int i) => Value(i) switch
    {
        long number => number,
        double number => number,
        string text when double.TryParse(text, out var number) => number,
        _ => null,
    };

    private object? Value(int i) => _values is not null && (uint)i < (uint)_values.Length ? _values[i] : null;

    internal static SqliteRow Read(nint statement)
    {
        var values = new object?[SqliteLibrary.ColumnCount(statement)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = SqliteLibrary.ColumnType(statement, i) switch
            {
                SqliteLibrary.SQLITE_INTEGER => SqliteLibrary.ColumnInt64(statement, i),
                SqliteLibrary.SQLITE_FLOAT => SqliteLibrary.ColumnDouble(statement, i),
                SqliteLibrary.SQLITE_NULL => null,
                // Texts, and blobs as the texts they mostly are.
                _ => TextOf(statement, i),
            };
        }

        return new SqliteRow(values);
    }

    private static unsafe string TextOf(nint statement, int i)
    {
        // In this order: asking for the text may convert it, and so change its length.
        var text = SqliteLibrary.ColumnText(statement, i);
        return text is null ? "" : Encoding.UTF8.GetString(text, SqliteLibrary.ColumnBytes(statement, i));
    }
}
