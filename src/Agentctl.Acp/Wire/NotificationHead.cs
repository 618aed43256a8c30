using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>
/// Tells notifications apart without building a document of each: an agent that streams sends thousands in a turn, and who takes them
/// wants few of them whole.
/// </summary>
internal static class NotificationHead
{
    /// <summary>The method of a line that is whole JSON and a notification; null for everything else.</summary>
    public static string? MethodOf(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 512 });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            string? method = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("id"u8))
                {
                    return null;
                }

                var isMethod = reader.ValueTextEquals("method"u8);
                reader.Read();
                if (!isMethod)
                {
                    reader.Skip();
                }
                else if (reader.TokenType != JsonTokenType.String)
                {
                    return null;
                }
                else
                {
                    method = reader.ValueTextEquals("session/update"u8) ? AcpMethods.Update : reader.GetString();
                }
            }

            // Nothing may stand after the object.
            return reader.Read() ? null : method;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no UTF-8: whoever parses it says so.
            return null;
        }
    }
}
