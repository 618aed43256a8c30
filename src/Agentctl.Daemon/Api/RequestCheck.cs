using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Agentctl.Daemon;

/// <summary>
/// What the serializer does not refuse, or refuses without naming the field: missing keys, null inside lists and maps, text that is not
/// Unicode, and NUL characters in text that becomes a path, an argument or a variable.
/// </summary>
internal static class RequestCheck
{
    /// <summary>Text for an agent may hold any character.</summary>
    private static readonly string[] AnyText = ["text"];

    /// <summary>Directories: an empty one means none.</summary>
    private static readonly string[] Paths = ["directory", "cwd", "additionalDirectories"];

    /// <summary>What is wrong with the body of a request, naming the field; null when nothing is.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static string? Wrong(ReadOnlySpan<byte> json, JsonTypeInfo type)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "the body must be a JSON object";
        }

        var wrong = WrongObject(ref reader, type, "");
        if (wrong is null && reader.Read())
        {
            return "the body holds more than one JSON object";
        }

        return wrong;
    }

    private static string? WrongValue(ref Utf8JsonReader reader, JsonTypeInfo? type, string path, bool mayHoldNul)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return WrongObject(ref reader, type, path);
            case JsonTokenType.StartArray:
                return WrongArray(ref reader, type, path);
            case JsonTokenType.String:
                return Text(ref reader) is not { } text ? $"'{path}' is not valid Unicode text"
                    : text.Length == 0 && Paths.Contains(path.Split('.')[^1].Split('[')[0]) ? $"'{path}' is empty"
                    : !mayHoldNul && text.Contains('\0', StringComparison.Ordinal) ? $"'{path}' holds a NUL character"
                    : null;
            default:
                return null;
        }
    }

    /// <param name="type">Null inside of what is passed on as it is, a JSON value of the protocol's.</param>
    private static string? WrongObject(ref Utf8JsonReader reader, JsonTypeInfo? type, string path)
    {
        var isMap = type?.Kind == JsonTypeInfoKind.Dictionary;
        var members = type?.Kind == JsonTypeInfoKind.Object ? type.Properties : null;
        var missing = members?.Where(static member => member.IsRequired).Select(static member => member.Name).ToList() ?? [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Text(ref reader) is not { } name)
            {
                return $"a key of {(path.Length == 0 ? "the body" : $"'{path}'")} is not valid Unicode text";
            }

            var inner = path.Length == 0 ? name : $"{path}.{name}";
            if (isMap && name.Contains('\0', StringComparison.Ordinal))
            {
                return $"a key of '{path}' holds a NUL character";
            }

            missing.Remove(name);
            reader.Read();
            if (isMap && reader.TokenType == JsonTokenType.Null)
            {
                return $"'{inner}' is null";
            }

            var member = members?.FirstOrDefault(member => member.Name == name);
            var memberType = isMap ? type!.ElementType : member?.PropertyType;
            var isPassedOn = type is null || (members is not null && member is null) || memberType is null || IsAnyJson(memberType);
            if (WrongValue(ref reader, isPassedOn ? null : TypeOf(type!, memberType!), inner, isPassedOn || AnyText.Contains(name)) is { } wrong)
            {
                return wrong;
            }
        }

        return missing.Count > 0 ? $"'{(path.Length == 0 ? "" : path + ".")}{missing[0]}' is missing" : null;
    }

    private static string? WrongArray(ref Utf8JsonReader reader, JsonTypeInfo? type, string path)
    {
        var isList = type?.Kind == JsonTypeInfoKind.Enumerable;
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            var inner = $"{path}[{index}]";
            if (isList && reader.TokenType == JsonTokenType.Null)
            {
                return $"'{inner}' is null";
            }

            if (WrongValue(ref reader, isList ? TypeOf(type!, type!.ElementType!) : null, inner, mayHoldNul: !isList) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static bool IsAnyJson(Type type) => type == typeof(JsonElement) || type == typeof(JsonElement?);

    private static JsonTypeInfo? TypeOf(JsonTypeInfo owner, Type type) => owner.Options.TryGetTypeInfo(type, out var info) ? info : null;

    /// <summary>Null for bytes that are no UTF-8, and for half of a surrogate pair.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return !reader.ValueIsEscaped && !Utf8.IsValid(reader.ValueSpan) ? null : reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
