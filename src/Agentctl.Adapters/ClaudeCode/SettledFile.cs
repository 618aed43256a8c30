using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// Small JSON files that Claude rewrites in place, keeping the inode (it does so with <c>sessions/&lt;pid&gt;.json</c>): for a
/// moment such a file may be empty or end in the middle. One that was written just now is read again until it is whole.
/// </summary>
internal static class SettledFile
{
    /// <summary>A file older than this is not being written; if it is torn, it stays torn.</summary>
    private static readonly TimeSpan WriteTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>The file and its content, whole or not; null when there is none (any more).</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It could not be read.</exception>
    public static (FileEntry File, byte[] Content)? Read(string path, int limitBytes, TimeProvider clock)
    {
        var read = Once(path, limitBytes);
        if (read is { } first && !IsWhole(first.Content) && clock.GetUtcNow() - first.File.ModifiedAt < WriteTime)
        {
            SpinWait.SpinUntil(() => (read = Once(path, limitBytes)) is not { } again || IsWhole(again.Content), Patience);
        }

        return read;
    }

    private static (FileEntry File, byte[] Content)? Once(string path, int limitBytes)
    {
        if (NativeFile.Stat(path) is not { } file || NativeFile.ReadSmall(path, limitBytes) is not { } content)
        {
            return null;
        }

        return (file, ForeignJson.Clean(content).ToArray());
    }

    private static bool IsWhole(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = ForeignJson.Reader(json);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
