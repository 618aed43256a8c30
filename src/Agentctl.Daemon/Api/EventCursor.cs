using System.Text.Json;

namespace Agentctl.Daemon;

/// <summary>The cursor of one event, as the <c>id</c> of a server-sent one.</summary>
internal static class EventCursor
{
    // {"cursor":"1f0a22bc.17","type":"session.started",…}
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.Read() && reader.ValueTextEquals("cursor"u8) && reader.Read() ? reader.ValueSpan : [];
    }
}
