using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>The members of one object, read by the three rules of the protocol's schema: strict, default on error, default on null.</summary>
internal readonly struct Fields
{
    private readonly JsonElement json;

    public Fields(JsonElement json, string what)
    {
        this.json = json.ValueKind == JsonValueKind.Object ? json : throw new AcpFormatException(what, "must be an object");
    }

    public JsonElement? Meta => Raw("_meta") is { ValueKind: JsonValueKind.Object } meta ? meta : null;

    public bool Has(string name) => json.TryGetProperty(name, out _);

    /// <summary>Any value; null when absent or null.</summary>
    public JsonElement? Raw(string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Required.</summary>
    public string Text(string name) => Raw(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new AcpFormatException(name, "must be a string");

    /// <summary>Default on error.</summary>
    public string? LenientText(string name) => Raw(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Optional, and wrong when it is there with another type.</summary>
    public string? OptionalText(string name) => Raw(name) is { } value ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw new AcpFormatException(name, "must be a string or null") : null;

    /// <summary>Default on error: false.</summary>
    public bool LenientFlag(string name) => Raw(name) is { ValueKind: JsonValueKind.True };

    public bool Flag(string name) => Raw(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new AcpFormatException(name, "must be true or false"),
    };

    public long Number(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : throw new AcpFormatException(name, "must be an integer");

    public ulong Size(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt64(out var value) ? value : throw new AcpFormatException(name, "must be an integer that is not negative");

    public ulong? OptionalSize(string name) => Raw(name) is null ? null : Size(name);

    public long? LenientNumber(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    public ulong? LenientSize(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetUInt64(out var value) ? value : null;

    public double Real(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : throw new AcpFormatException(name, "must be a number");

    public double? LenientReal(string name) => Raw(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    public T Object<T>(string name)
        where T : IAcpMessage<T> => Raw(name) is { } value ? T.Read(value) : throw new AcpFormatException(name, "is missing");

    /// <summary>Default on error: null.</summary>
    public T? LenientObject<T>(string name)
        where T : class, IAcpMessage<T> => Raw(name) is { } value ? Lenient<T>(value) : null;

    /// <summary>A capability: <c>{}</c> is yes, absent or null is no, anything else is no too.</summary>
    public bool Capability(string name) => Raw(name) is { ValueKind: JsonValueKind.Object };

    /// <summary>A required list; null counts as empty where <paramref name="nullIsEmpty"/>, a bad item is an error.</summary>
    public IReadOnlyList<T> List<T>(string name, bool nullIsEmpty = false)
        where T : IAcpMessage<T> => Items(name, nullIsEmpty, required: true) is { } items ? [.. items.Select(T.Read)] : [];

    /// <summary>An optional list whose null counts as empty; a bad item is an error.</summary>
    public IReadOnlyList<T> OptionalList<T>(string name)
        where T : IAcpMessage<T> => Items(name, nullIsEmpty: true, required: false) is { } items ? [.. items.Select(T.Read)] : [];

    public IReadOnlyList<string> OptionalTexts(string name) => Items(name, nullIsEmpty: true, required: false) is { } items
        ? [.. items.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new AcpFormatException(name, "must hold strings"))]
        : [];

    /// <summary>A list with bad items left out; null when it is absent, null or no list.</summary>
    public IReadOnlyList<T>? LenientList<T>(string name)
        where T : class, IAcpMessage<T> => Raw(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(Lenient<T>).OfType<T>()] : null;

    public IReadOnlyList<string>? LenientTexts(string name) => Raw(name) is { ValueKind: JsonValueKind.Array } list
        ? [.. list.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!)]
        : null;

    /// <summary>A list that must be there; one that is no list becomes empty, bad items are left out.</summary>
    public IReadOnlyList<T> RequiredLenientList<T>(string name)
        where T : class, IAcpMessage<T> => Has(name) ? LenientList<T>(name) ?? [] : throw new AcpFormatException(name, "is missing");

    /// <summary>Names and texts; null counts as empty.</summary>
    public IReadOnlyDictionary<string, string> OptionalMap(string name) => Raw(name) switch
    {
        null => new Dictionary<string, string>(),
        { ValueKind: JsonValueKind.Object } map => MapOf(name, map),
        _ => throw new AcpFormatException(name, "must be an object"),
    };

    private static Dictionary<string, string> MapOf(string name, JsonElement map)
    {
        // As everywhere in JSON, the last of several members of one name counts.
        var texts = new Dictionary<string, string>();
        foreach (var pair in map.EnumerateObject())
        {
            texts[pair.Name] = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : throw new AcpFormatException(name, "must hold strings");
        }

        return texts;
    }

    private IEnumerable<JsonElement>? Items(string name, bool nullIsEmpty, bool required)
    {
        if (!json.TryGetProperty(name, out var list))
        {
            return required ? throw new AcpFormatException(name, "is missing") : null;
        }

        return list.ValueKind switch
        {
            JsonValueKind.Array => list.EnumerateArray(),
            JsonValueKind.Null when nullIsEmpty => null,
            _ => throw new AcpFormatException(name, "must be a list"),
        };
    }

    private static T? Lenient<T>(JsonElement value)
        where T : class, IAcpMessage<T>
    {
        try
        {
            return T.Read(value);
        }
        catch (AcpFormatException)
        {
            // The schema says that this value then counts as absent.
            return null;
        }
    }
}
