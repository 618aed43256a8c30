using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Members as the protocol wants them: what is absent is left out.</summary>
internal static class Writing
{
    public static void Optional(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    public static void Optional(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Optional(this Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Optional(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Optional(this Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is { } raw)
        {
            json.WritePropertyName(name);
            raw.WriteTo(json);
        }
    }

    public static void Object<T>(this Utf8JsonWriter json, string name, T? value)
        where T : class, IAcpMessage<T>
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            value.Write(json);
        }
    }

    /// <summary><c>{}</c> when there is such a capability.</summary>
    public static void Capability(this Utf8JsonWriter json, string name, bool isThere)
    {
        if (isThere)
        {
            json.WriteStartObject(name);
            json.WriteEndObject();
        }
    }

    public static void List<T>(this Utf8JsonWriter json, string name, IReadOnlyList<T>? items)
        where T : IAcpMessage<T>
    {
        if (items is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            item.Write(json);
        }

        json.WriteEndArray();
    }

    public static void Texts(this Utf8JsonWriter json, string name, IReadOnlyList<string>? items)
    {
        if (items is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }

    public static void Map(this Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    public static void Meta(this Utf8JsonWriter json, JsonElement? meta) => json.Optional("_meta", meta);
}
