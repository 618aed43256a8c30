using System.Text;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>A log file that, when full, becomes <c>.1</c> (replacing the one before) and starts anew: never more than twice the limit.</summary>
internal sealed class CappedFile : IDisposable
{
    private readonly Lock gate = new();
    private readonly string path;
    private readonly long limitBytes;
    private FileStream? file;

    public CappedFile(string path, long limitBytes)
    {
        this.path = path;
        this.limitBytes = limitBytes;
        PrivateDirectory.Ensure(Path.GetDirectoryName(path)!);
    }

    /// <summary>Appends one line. A log that cannot be written never disturbs what is logged.</summary>
    public void Append(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (gate)
        {
            try
            {
                file ??= Open();
                if (file.Length > 0 && file.Length + bytes.Length > limitBytes)
                {
                    file.Dispose();
                    file = null;
                    File.Move(path, path + ".1", overwrite: true);
                    file = Open();
                }

                file.Write(bytes);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                file?.Dispose();
                file = null;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
        }
    }

    private FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
