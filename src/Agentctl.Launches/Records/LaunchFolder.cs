using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>The files of one launch. Records are replaced as a whole, so a reader never sees half of one.</summary>
internal static class LaunchFolder
{
    /// <summary>Records hold a prompt, and prompts may be large.</summary>
    private const int LimitBytes = 256 << 20;

    internal const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Null when there is no such record.</summary>
    /// <exception cref="InvalidDataException">It is no record, or cannot be read; names the file.</exception>
    public static T? Read<T>(string folder, string name, JsonTypeInfo<T> type)
        where T : class
    {
        var path = Path.Combine(folder, name);
        try
        {
            return OwnFile.Read(path, LimitBytes) is { } json
                ? JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException($"{path} holds no record")
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Names the file already.
            throw new InvalidDataException(unreadable.Message, unreadable);
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException or NotSupportedException)
        {
            // The serializer reports invalid UTF-8, lone surrogates and impossible dates by other types than its own.
            throw new InvalidDataException($"{path} cannot be read as a record: {odd.Message}", odd);
        }
    }

    /// <summary>The record, or null with what is wrong with it; null without a problem when there is none.</summary>
    public static T? TryRead<T>(string folder, string name, JsonTypeInfo<T> type, out string? problem)
        where T : class
    {
        problem = null;
        try
        {
            return Read(folder, name, type);
        }
        catch (InvalidDataException damaged)
        {
            problem = damaged.Message;
            return null;
        }
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">It could not be written for good.</exception>
    public static void Write<T>(string folder, string name, T record, JsonTypeInfo<T> type) =>
        DurableFile.Replace(Path.Combine(folder, name), JsonSerializer.SerializeToUtf8Bytes(record, type), Private);

    /// <summary>Durable when it returns; false when there is such a record already.</summary>
    /// <exception cref="IOException">It could not be written for good.</exception>
    public static bool TryCreate<T>(string folder, string name, T record, JsonTypeInfo<T> type) =>
        DurableFile.TryCreate(Path.Combine(folder, name), JsonSerializer.SerializeToUtf8Bytes(record, type), Private);
}
