using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>A <see cref="SessionsDocument"/> whose rows keep their bytes: what is only passed on is never parsed.</summary>
internal sealed class SessionList
{
    private readonly List<ReadOnlyMemory<byte>> rows = [];
    private SessionRow?[]? parsed;

    private SessionList()
    {
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Rows => rows;
    public IReadOnlyList<AdapterReport> Adapters { get; private set; } = [];
    public IReadOnlyList<string>? ShortIds { get; private set; }

    /// <summary>A row as the table needs it: without <c>meta</c>.</summary>
    public SessionRow Row(int index)
    {
        parsed ??= new SessionRow?[rows.Count];
        return parsed[index] ??= TableRow.Read(rows[index].Span);
    }

    public static SessionList Read(ReadOnlyMemory<byte> document)
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
                    reader.Skip();
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
