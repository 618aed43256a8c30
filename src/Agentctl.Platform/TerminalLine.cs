using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// One line of a terminal or pipe, read so that the wait can end: <c>Console.ReadLine</c> cannot be cancelled, and takes the next
/// line that is typed for a question that is over.
/// </summary>
public static unsafe class TerminalLine
{
    public const int StandardInput = 0;

    /// <summary>The next line without its line break; null at the end of the input.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before the line was complete. Nothing of a later line was taken.</exception>
    public static string? Read(int descriptor, CancellationToken cancellationToken)
    {
        var wake = EventCalls.CreateEvent();
        if (wake < 0)
        {
            throw Errno.Failed("create", "an eventfd", -wake);
        }

        try
        {
            using var registration = cancellationToken.Register(() => Wake(wake));
            return Read(descriptor, wake, cancellationToken);
        }
        finally
        {
            _ = FileCalls.Close(wake);
        }
    }

    private static string? Read(int descriptor, int wake, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var waiting = stackalloc PollCalls.PollDescriptor[2];
        while (true)
        {
            waiting[0] = new PollCalls.PollDescriptor { Descriptor = descriptor, Events = PollCalls.POLLIN };
            waiting[1] = new PollCalls.PollDescriptor { Descriptor = wake, Events = PollCalls.POLLIN };
            if (PollCalls.Poll(waiting, 2, -1) < 0 && Errno.Last != Errno.EINTR)
            {
                throw Errno.Failed("wait for", $"descriptor {descriptor}", Errno.Last);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (waiting[0].Happened == 0)
            {
                continue;
            }

            // One at a time: what follows the line belongs to the next reader.
            byte read;
            switch (FileCalls.Read(descriptor, &read, 1))
            {
                case 1 when read == '\n':
                    return Text(line);
                case 1:
                    line.Add(read);
                    break;
                case 0:
                    return line.Count > 0 ? Text(line) : null;
                default:
                    if (Errno.Last is not (Errno.EINTR or Errno.EAGAIN))
                    {
                        return null;
                    }

                    break;
            }
        }
    }

    private static string Text(List<byte> line) => Encoding.UTF8.GetString([.. line]).TrimEnd('\r');

    private static void Wake(int wake)
    {
        var one = 1UL;
        _ = FileCalls.Write(wake, (byte*)&one, sizeof(ulong));
    }
}
