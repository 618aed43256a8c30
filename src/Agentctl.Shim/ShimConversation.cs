using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>One connection: requests in lines, answers in lines (docs/specs/shim.md). What makes no sense is refused and changes nothing.</summary>
internal sealed class ShimConversation
{
    private const int LongestLine = 4096;

    private readonly LocalSocket socket;
    private readonly PollLoop loop;
    private readonly OneLaunch launch;
    private readonly ShimListener listener;
    private byte[] buffer = new byte[512];
    private int have;

    /// <summary>The message whose bytes are still to come.</summary>
    private (string Key, int Length, long? NeededFrom)? message;

    public ShimConversation(LocalSocket socket, PollLoop loop, OneLaunch launch, ShimListener listener)
    {
        this.socket = socket;
        this.loop = loop;
        this.launch = launch;
        this.listener = listener;
        loop.Add(socket.Descriptor, static () => Readiness.Read, _ => Read());
    }

    public bool IsAttached { get; private set; }

    public int PeerPid => socket.PeerPid;

    /// <summary>Ends the connection.</summary>
    public void Close()
    {
        if (socket.Descriptor >= 0)
        {
            loop.Remove(socket.Descriptor);
            socket.Dispose();
            listener.Left(this);
        }
    }

    private void Read()
    {
        while (true)
        {
            if (have == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Math.Min(message?.Length ?? 0, ShimListener.LargestMessageBytes)));
            }

            switch (socket.Receive(buffer.AsSpan(have)))
            {
                case null:
                    return;
                case 0:
                    Close();
                    return;
                case { } count:
                    have += count;
                    break;
            }

            if (!TakeAll())
            {
                Close();
                return;
            }
        }
    }

    /// <summary>False when the other side talks nonsense without end.</summary>
    private bool TakeAll()
    {
        while (true)
        {
            if (message is { } expected)
            {
                if (have < expected.Length)
                {
                    return true;
                }

                message = null;
                if (expected.NeededFrom is { } offset)
                {
                    launch.NeedOutputFrom(offset);
                }

                launch.Input.Write(expected.Key, Take(expected.Length, 0), Answer);
                continue;
            }

            var feed = buffer.AsSpan(0, have).IndexOf((byte)'\n');
            if (feed < 0)
            {
                return have < LongestLine;
            }

            Obey(Encoding.UTF8.GetString(Take(feed, 1)).Split(' '));
        }
    }

    private void Obey(string[] words)
    {
        switch (words)
        {
            case [ShimProtocol.Status]:
                Answer(launch.StatusLine);
                break;
            case [ShimProtocol.Stop, var limit, { Length: > 0 } by] when TryNumber(limit, (long)ShimProtocol.LongestDeadline.TotalMilliseconds, out var ms):
                launch.Stop(TimeSpan.FromMilliseconds(ms), by);
                Answer("stopping");
                break;
            case [ShimProtocol.Finish, var patience, var limit, { Length: > 0 } by] when TryNumber(patience, (long)ShimProtocol.LongestDeadline.TotalMilliseconds, out var first)
                    && TryNumber(limit, (long)ShimProtocol.LongestDeadline.TotalMilliseconds, out var ms):
                launch.Stop(TimeSpan.FromMilliseconds(ms), by, TimeSpan.FromMilliseconds(first));
                Answer("stopping");
                break;
            case [ShimProtocol.Input, { Length: > 0 } key, var length] when TryNumber(length, ShimListener.LargestMessageBytes, out var bytes):
                message = (key, (int)bytes, null);
                break;
            case [ShimProtocol.Input, { Length: > 0 } key, var length, var from] when TryNumber(length, ShimListener.LargestMessageBytes, out var bytes) && TryNumber(from, long.MaxValue, out var offset):
                message = (key, (int)bytes, offset);
                break;
            case [ShimProtocol.CloseInput]:
                launch.Input.Close();
                Answer("closed");
                break;
            case [ShimProtocol.Attach]:
                IsAttached = true;
                launch.AttachedChanged();
                Answer("attached");
                break;
            default:
                Answer("refused there is no such request");
                break;
        }
    }

    private static bool TryNumber(string text, long most, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;

    private byte[] Take(int length, int skip)
    {
        var taken = buffer.AsSpan(0, length).ToArray();
        buffer.AsSpan(length + skip, have - length - skip).CopyTo(buffer);
        have -= length + skip;
        return taken;
    }

    /// <summary>Who does not take a short line is not there any more.</summary>
    private void Answer(string line)
    {
        if (socket.Descriptor >= 0 && !socket.Send(line + "\n"))
        {
            Close();
        }
    }
}
