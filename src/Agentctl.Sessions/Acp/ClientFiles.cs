using System.Text;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Files for an agent, confined by real path to its session's directories: a link that leads out is refused.</summary>
/// <param name="directories">Real paths.</param>
internal sealed class ClientFiles(IReadOnlyList<string> directories)
{
    /// <summary>As long as the longest message: what is larger could not be answered.</summary>
    private const int LargestBytes = AcpLimits.LongestMessageBytes;

    private const UnixFileMode Permissions =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads a regular file: a pipe or a device would never end.</summary>
    public ReadTextFileResponse Read(ReadTextFileRequest request)
    {
        var path = Existing(request.Path);
        try
        {
            var bytes = NativeFile.ReadSmall(path, LargestBytes) ?? throw Problem(AcpError.NotFound, $"{request.Path} is not there");
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            var text = reader.ReadToEnd();
            return new ReadTextFileResponse(request is { Line: null, Limit: null } ? text : Lines(text, request.Line ?? 1, request.Limit));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Problem(AcpError.InternalError, $"{request.Path}: {failure.Message}");
        }
    }

    /// <summary>In one step: whoever reads sees the old file or the new one. Who may read and write it stays; what it may do beyond (setuid) does not.</summary>
    public void Write(WriteTextFileRequest request)
    {
        var path = Target(request.Path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // Made after the check, so checked again: what was made must not have led out.
            path = Target(request.Path);
            if (Path.Exists(path) && NativeFile.Stat(path) is null)
            {
                throw Problem(AcpError.InternalError, $"{request.Path} is not a regular file");
            }

            var mode = !OperatingSystem.IsWindows() && File.Exists(path) ? File.GetUnixFileMode(path) & Permissions : FileCreationMask.ModeOfUsualFile();
            DurableFile.Replace(path, Encoding.UTF8.GetBytes(request.Content), mode);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Problem(AcpError.InternalError, $"{request.Path}: {failure.Message}");
        }
    }

    private string Existing(string path)
    {
        Absolute(path);
        return RealPath.TryResolve(path) is not { } real ? throw Problem(AcpError.NotFound, $"{path} is not there")
            : IsInside(real) ? real
            : throw Outside(path);
    }

    /// <summary>The real path of what is to be written: of itself when it is there, else of the nearest directory above that is.</summary>
    private string Target(string path)
    {
        Absolute(path);
        var full = Path.GetFullPath(path);
        if (new FileInfo(full).LinkTarget is not null && RealPath.TryResolve(full) is null)
        {
            throw Outside(path);
        }

        var rest = "";
        for (var at = full; at is not null; at = Path.GetDirectoryName(at))
        {
            if (RealPath.TryResolve(at) is { } real)
            {
                var target = rest.Length == 0 ? real : Path.Combine(real, rest);
                return IsInside(target) ? target : throw Outside(path);
            }

            rest = rest.Length == 0 ? Path.GetFileName(at) : Path.Combine(Path.GetFileName(at), rest);
        }

        throw Outside(path);
    }

    private bool IsInside(string real) => directories.Any(directory => real.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal));

    private static void Absolute(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0'))
        {
            throw Problem(AcpError.InvalidParams, $"{path} is no absolute path");
        }
    }

    private AcpErrorException Outside(string path) =>
        Problem(AcpError.InternalError, $"{path} lies outside the session's directories ({string.Join(", ", directories)})");

    private static string Lines(string text, ulong first, ulong? limit)
    {
        var lines = text.Split('\n');
        var skip = (int)Math.Min(first == 0 ? 0 : first - 1, (ulong)lines.Length);
        var take = (int)Math.Min(limit ?? ulong.MaxValue, (ulong)(lines.Length - skip));
        return string.Join('\n', lines.AsSpan(skip, take).ToArray());
    }

    private static AcpErrorException Problem(int code, string message) => new(new AcpError(code, message));
}
