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
    /// <exception cref="InvalidDataException">It is no record; names the file.</exception>
    public static T? Read<T>(string folder, string name, JsonTypeInfo<T> type)
        where T : class
    {
        var path = Path.Combine(folder, name);
        if (NativeFile.ReadSmall(path, LimitBytes) is not { } json)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException($"{path} holds no record");
        }
        catch (JsonException torn)
        {
            throw new InvalidDataException($"{path} is not whole: {torn.Message}", torn);
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
