using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>write(2) to descriptor 1 or 2, as it stands: position, append mode and all belong to whoever opened it.</summary>
public static unsafe partial class StandardOutput
{
    private const int EPIPE = 32;
    private const short POLLOUT = 4;

    /// <summary>Writes everything; false when nobody reads any more.</summary>
    /// <exception cref="IOException">It could not be written: a full disk, a closed descriptor.</exception>
    public static bool TryWrite(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (nint written = 0; written < bytes.Length;)
            {
                var count = FileCalls.Write(descriptor, start + written, (nuint)(bytes.Length - written));
                if (count >= 0)
                {
                    written += count;
                    continue;
                }

                switch (Errno.Last)
                {
                    case Errno.EINTR:
                        break;
                    case Errno.EAGAIN:
                        // Somebody who shares the terminal made it non-blocking.
                        var waiting = new PollRequest { Descriptor = descriptor, Events = POLLOUT };
                        _ = poll(&waiting, 1, -1);
                        break;
                    case EPIPE:
                        return false;
                    case var errno:
                        throw Errno.Failed("write to", $"descriptor {descriptor}", errno);
                }
            }
        }

        return true;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        private readonly short happened;
    }

    /// <summary>poll(2): how many are ready, or -1.</summary>
    [LibraryImport("libc")]
    private static partial int poll(PollRequest* requests, nuint count, int timeoutMilliseconds);
}
