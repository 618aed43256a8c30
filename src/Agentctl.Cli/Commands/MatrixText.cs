using System.Text;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>Reads a matrix file that a person names: a regular file, or the pipe that a shell makes of <c>&lt;(command)</c>.</summary>
internal static class MatrixText
{
    private const int LargestBytes = 16 << 20;

    /// <exception cref="UsageException">It cannot be read; nothing was launched.</exception>
    public static string Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new UsageException($"File not found: {path}");
        }

        try
        {
            return Encoding.UTF8.GetString(NativeFile.Stat(path) is null && IsDescriptor(path) ? ReadStream(path) : NativeFile.ReadSmall(path, LargestBytes) ?? []).TrimStart('\uFEFF');
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Failed to parse matrix file: {unreadable.Message}");
        }
    }

    private static bool IsDescriptor(string path) => path == "/dev/stdin" || path.StartsWith("/dev/fd/", StringComparison.Ordinal) || path.StartsWith("/proc/self/fd/", StringComparison.Ordinal);

    private static byte[] ReadStream(string path)
    {
        using var source = File.OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (source.Read(buffer) is > 0 and var read)
        {
            content.Write(buffer, 0, read);
            if (content.Length > LargestBytes)
            {
                throw new IOException($"{path} is larger than the {LargestBytes} bytes that are read of it");
            }
        }

        return content.ToArray();
    }
}
