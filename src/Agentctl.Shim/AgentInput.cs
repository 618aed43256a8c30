using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// The agent's open input. A message is written whole or not at all, and once: its key is on the disk before its first byte is in
/// the pipe, so that who died between sending and noting may send again.
/// </summary>
internal sealed class AgentInput
{
    private readonly string keysPath;
    private readonly PollLoop loop;
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private readonly Queue<(ReadOnlyMemory<byte> Bytes, Action<string> Answer)> waiting = [];
    private int? pipe;
    private int keys = -1;
    private int sent;
    private int unread;
    private bool closing;

    public AgentInput(int? pipe, string keysPath, PollLoop loop)
    {
        this.pipe = pipe;
        this.keysPath = keysPath;
        this.loop = loop;
        if (pipe is { } descriptor)
        {
            loop.Add(descriptor, () => waiting.Count > 0 ? Readiness.Write : Readiness.None, Continue);
        }
    }

    /// <summary>The message that was laid down before the start.</summary>
    public void WriteFirst(Orders orders, LaunchFolder folder)
    {
        if (orders.Stdin == StdinMode.Open && NativeFile.ReadSmall(folder.Path(LaunchFiles.Input), ShimListener.LargestMessageBytes) is { Length: > 0 } first)
        {
            Write("first", first, static _ => { });
        }
    }

    /// <param name="answer">Called once: <c>written</c>, <c>known</c> or <c>refused …</c>.</param>
    public void Write(string key, ReadOnlyMemory<byte> message, Action<string> answer)
    {
        if (pipe is null || closing)
        {
            answer("refused the agent's input is not open");
            return;
        }

        if (written.Contains(key))
        {
            answer("known");
            return;
        }

        if (!TryNote(key, message.Length))
        {
            answer("refused the message's key could not be written down, so it was not sent");
            return;
        }

        written.Add(key);
        waiting.Enqueue((message, answer));
        Continue(Readiness.Write);
    }

    /// <summary>Ends the input when what waits has been written.</summary>
    public void Close()
    {
        closing = true;
        if (waiting.Count == 0)
        {
            Shut("the agent's input was closed");
        }
    }

    /// <summary>The last bytes in the pipe that nobody has taken, and now nobody will: asked when the agent has ended.</summary>
    public int Unread() => pipe is { } open ? RawFile.Unread(open) : unread;

    private bool TryNote(string key, int length)
    {
        try
        {
            keys = keys >= 0 ? keys : RawFile.OpenToAppend(keysPath);
            return RawFile.TryAppendDurably(keys, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key} {length}\n")));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Continue(Readiness ready)
    {
        if (ready.HasFlag(Readiness.Gone))
        {
            Shut("the agent closed its input");
            return;
        }

        while (pipe is { } descriptor && waiting.TryPeek(out var message))
        {
            switch (RawFile.Write(descriptor, message.Bytes.Span[sent..]))
            {
                case < 0:
                    Shut("the agent closed its input");
                    return;
                case 0:
                    return;
                case var count:
                    sent += count;
                    break;
            }

            if (sent == message.Bytes.Length)
            {
                sent = 0;
                waiting.Dequeue();
                message.Answer("written");
            }
        }

        if (closing)
        {
            Shut("the agent's input was closed");
        }
    }

    private void Shut(string why)
    {
        if (pipe is { } descriptor)
        {
            loop.Remove(descriptor);
            unread = RawFile.Unread(descriptor);
            RawFile.Close(descriptor);
            pipe = null;
        }

        while (waiting.TryDequeue(out var unsent))
        {
            unsent.Answer($"refused {why}");
        }
    }
}
