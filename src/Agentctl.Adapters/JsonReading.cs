using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters;

/// <summary>Reading foreign JSON without trusting its shape: a field of another kind than expected is the same as an absent one.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Text that is not empty.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : null;

    public static bool? Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;

    public static long? Whole(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value
            // A number of any size may stand in a record: what does not fit is absent.
            ? value.TryGetInt64(out var whole) ? whole : value.TryGetDouble(out var real) && Math.Abs(real) < 9.2e18 ? (long)real : null
            : null;

    /// <summary>Milliseconds since 1970, as JavaScript writes times.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name) => Time(element.Whole(name));

    public static DateTimeOffset? Time(long? milliseconds) => ForeignTime.OfMilliseconds(milliseconds);

    /// <summary>ISO 8601.</summary>
    public static DateTimeOffset? Moment(this JsonElement element, string name) => ForeignTime.Parse(element.Text(name));

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];
}
