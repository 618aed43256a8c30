using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>
/// Reads the files that a user names on the command line: a regular file, or a pipe such as the one of <c>&lt;(command)</c>. Never reads
/// past a limit, and never waits for a pipe that nobody writes to.
/// </summary>
public static unsafe class InputFile
{
    /// <summary>How long a named pipe may have no writer.</summary>
    public static readonly TimeSpan WriterPatience = TimeSpan.FromSeconds(10);

    /// <summary>Text is kept in memory, whatever limit the user sets.</summary>
    private const long LargestBytes = 512 << 20;

    private const int TickMs = 100;
    private const int BlockBytes = 64 * 1024;

    /// <exception cref="OperationCanceledException">The token was canceled while a pipe was read.</exception>
    public static InputText Read(string path, long limitBytes, CancellationToken cancellationToken) => Read(path, limitBytes, WriterPatience, cancellationToken);

    /// <summary>Reads standard input to its end, whatever it is.</summary>
    /// <exception cref="OperationCanceledException">The token was canceled while a pipe was read.</exception>
    public static InputText ReadStandardInput(long limitBytes, CancellationToken cancellationToken)
    {
        using var input = new SafeFileHandle(0, ownsHandle: false);
        return ReadToEnd(input, limitBytes, isNonBlocking: false, WriterPatience, cancellationToken);
    }

    internal static InputText Read(string path, long limitBytes, TimeSpan writerPatience, CancellationToken cancellationToken)
    {
        limitBytes = Math.Min(limitBytes, LargestBytes);
        ThisSystem.RequireLinux("Reading a file without waiting for it");
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return new InputText.Unusable("is not the name of a file");
        }

        // O_NONBLOCK: opening a named pipe must not wait for a writer.
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY);
        if (descriptor < 0)
        {
            return Errno.IsAbsent(-descriptor) ? new InputText.Missing() : new InputText.Unusable($"cannot be opened: {Errno.Text(-descriptor)}");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        return FileCalls.StatOpen(descriptor, out var status) is not 0 and var errno ? new InputText.Unusable($"cannot be inspected: {Errno.Text(errno)}")
            : status.IsDirectory ? new InputText.Unusable("is a directory, not a file")
            : !status.IsRegular && !status.IsPipe ? new InputText.Unusable("is a device, not a file")
            : status.IsRegular && status.Size > (ulong)limitBytes ? new InputText.TooLarge((long)status.Size, limitBytes)
            : ReadToEnd(handle, limitBytes, isNonBlocking: true, writerPatience, cancellationToken);
    }

    private static InputText ReadToEnd(SafeFileHandle handle, long limitBytes, bool isNonBlocking, TimeSpan writerPatience, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var block = new byte[BlockBytes];
        var waiting = Stopwatch.StartNew();
        var hasWriter = false;
        while (true)
        {
            var input = new PollCalls.PollDescriptor { Descriptor = (int)handle.DangerousGetHandle(), Events = PollCalls.POLLIN };
            var ready = PollCalls.Poll(&input, 1, TickMs);
            cancellationToken.ThrowIfCancellationRequested();
            if (ready <= 0 && !isNonBlocking)
            {
                continue;
            }

            switch (Read(input.Descriptor, block, out var errno))
            {
                case > 0 and var length:
                    hasWriter = true;
                    content.Write(block, 0, length);
                    if (content.Length > limitBytes)
                    {
                        return new InputText.TooLarge(null, limitBytes);
                    }

                    break;
                case 0 when hasWriter || ready > 0:
                    return InputText.Decode(content.GetBuffer().AsSpan(0, (int)content.Length));
                case 0 when waiting.Elapsed >= writerPatience:
                    return new InputText.Unusable($"is a pipe that no process opened for writing within {writerPatience.TotalSeconds:0.#} s");
                case < 0 when errno == Errno.EAGAIN:
                    // A pipe without a writer is at its end; this one has a writer that is silent.
                    hasWriter = true;
                    break;
                case < 0 when errno != Errno.EINTR:
                    return new InputText.Unusable($"cannot be read: {Errno.Text(errno)}");
                default:
                    break;
            }
        }
    }

    private static int Read(int descriptor, byte[] block, out int errno)
    {
        fixed (byte* to = block)
        {
            var length = (int)FileCalls.Read(descriptor, to, (nuint)block.Length);
            errno = length < 0 ? Errno.Last : 0;
            return length;
        }
    }
}
