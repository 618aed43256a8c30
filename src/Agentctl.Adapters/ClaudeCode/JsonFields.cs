using System.Globalization;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>Tolerant reading of fields: what is absent or of another type is null.</summary>
internal static class JsonFields
{
    public static string? Text(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static long? Integer(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static bool? Flag(this JsonElement element, string name) => element.Field(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>Clock ticks since boot; Claude writes them as text.</summary>
    public static ulong? Ticks(string? text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : null;

    /// <summary>Milliseconds since 1970.</summary>
    public static DateTimeOffset? Time(long? milliseconds) => ForeignTime.OfMilliseconds(milliseconds);

    /// <summary>ISO 8601.</summary>
    public static DateTimeOffset? Time(string? text) => ForeignTime.Parse(text);
}
