using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Messages as lines of JSON-RPC.</summary>
internal static class OutgoingMessage
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A request, or a notification when the id is null.</summary>
    public static ReadOnlyMemory<byte> Request(RequestId? id, string method, Action<Utf8JsonWriter> parameters) => Line(json =>
    {
        id?.Write(json, "id");
        json.WriteString("method", method);
        json.WritePropertyName("params");
        parameters(json);
    });

    /// <summary>Tells the other side that nobody waits for an answer any more.</summary>
    public static ReadOnlyMemory<byte> CancelRequest(RequestId id) => Request(null, AcpMethods.CancelRequest, json =>
    {
        json.WriteStartObject();
        id.Write(json, "requestId");
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Answer(RequestId id, AcpReply reply) => Line(json =>
    {
        id.Write(json, "id");
        switch (reply)
        {
            case AcpReply.Result result:
                json.WritePropertyName("result");
                result.Write(json);
                break;
            case AcpReply.Failure failure:
                json.WritePropertyName("error");
                failure.Problem.Write(json);
                break;
        }
    });

    private static ReadOnlyMemory<byte> Line(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, Compact))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            write(json);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenMemory;
    }
}
