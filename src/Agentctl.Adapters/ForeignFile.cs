using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters;

/// <summary>Small JSON files of other programs, read through <see cref="NativeFile"/> and <see cref="ForeignJson"/>. Nothing in a file makes it throw.</summary>
internal static class ForeignFile
{
    /// <summary>The object in a file; null when there is no such file, or with a problem when there is one and it cannot be used.</summary>
    /// <param name="problem">Why the file cannot be used, to stand behind its name: "cannot be read: …". Null when it is absent or was read.</param>
    public static JsonElement? Read(string path, int limitBytes, out string? problem)
    {
        problem = null;
        if (Bytes(path, limitBytes, out problem) is not { } content)
        {
            return null;
        }

        if (ForeignJson.TryParse(content, out var json, out var damage))
        {
            return json;
        }

        problem = $"cannot be read: {damage.What} (byte {damage.Offset})";
        return null;
    }

    /// <summary>The text of a file, with what is no UTF-8 replaced; null as for <see cref="Read"/>.</summary>
    public static string? Text(string path, int limitBytes, out string? problem) =>
        Bytes(path, limitBytes, out problem) is { } content ? System.Text.Encoding.UTF8.GetString(ForeignJson.Clean(content).Span) : null;

    private static byte[]? Bytes(string path, int limitBytes, out string? problem)
    {
        problem = null;
        try
        {
            return NativeFile.ReadSmall(path, limitBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {exception.Message}";
            return null;
        }
    }
}
