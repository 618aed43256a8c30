using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>A <see cref="SessionsDocument"/> whose rows keep their bytes: what is only passed on is never parsed.</summary>
internal sealed class SessionList
{
    private readonly List<ReadOnlyMemory<byte>> rows = [];
    private readonly List<SessionRow> parsed = [];

    private SessionList()
    {
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Rows => rows;
    public IReadOnlyList<AdapterReport> Adapters { get; private set; } = [];
    public IReadOnlyList<string>? ShortIds { get; private set; }

    /// <summary>A row as the table needs it: without <c>meta</c>.</summary>
    public SessionRow Row(int index) => parsed.Count > 0 ? parsed[index] : TableRow.Read(rows[index].Span);

    /// <summary>For who passes rows on.</summary>
    public static SessionList Read(ReadOnlyMemory<byte> document) => Read(document, isTable: false);

    /// <summary>For who shows rows: they are parsed on the way.</summary>
    public static SessionList ReadTable(ReadOnlyMemory<byte> document) => Read(document, isTable: true);

    private static SessionList Read(ReadOnlyMemory<byte> document, bool isTable)
    {
        var list = new SessionList();
        var reader = new Utf8JsonReader(document.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("sessions"u8))
            {
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    var start = (int)reader.TokenStartIndex;
                    if (isTable)
                    {
                        list.parsed.Add(TableRow.Read(ref reader));
                    }
                    else
                    {
                        reader.Skip();
                    }

                    list.rows.Add(document[start..(int)reader.BytesConsumed]);
                }
            }
            else if (reader.ValueTextEquals("adapters"u8))
            {
                list.Adapters = JsonSerializer.Deserialize(ref reader, ApiJson.Default.IReadOnlyListAdapterReport) ?? [];
            }
            else if (reader.ValueTextEquals("shortIds"u8))
            {
                list.ShortIds = JsonSerializer.Deserialize(ref reader, ApiJson.Default.IReadOnlyListString);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return list;
    }
}
