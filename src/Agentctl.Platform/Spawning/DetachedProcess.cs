using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// A process of ours that outlives us: in its own session, with default signals and an empty mask, stdio on /dev/null, and no
/// descriptor of ours but one, number 3, over which it may tell how its start went (System.Diagnostics.Process can do none of this).
/// </summary>
public sealed class DetachedProcess : IDisposable
{
    /// <summary>The child's end of <see cref="Channel"/>.</summary>
    public const int ChannelDescriptor = 3;

    private const int NoHang = 1;

    private DetachedProcess(int pid, Socket channel)
    {
        Pid = pid;
        Channel = channel;
    }

    /// <summary>Our child until we end; it is not to be stored.</summary>
    public int Pid { get; }

    /// <summary>What the child says on its descriptor 3; ends when the child closes it or is gone.</summary>
    public Socket Channel { get; }

    /// <summary>Starts <paramref name="path"/>.</summary>
    /// <exception cref="IOException">It could not be started; says why.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be executed.</exception>
    public static unsafe DetachedProcess Start(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        var pair = stackalloc int[2];
        if (SocketCalls.Pair(SocketCalls.UnixDomain, SocketCalls.StreamCloseOnExec, 0, pair) != 0)
        {
            throw Errno.Failed("start", path, Errno.Last);
        }

        var channel = new Socket(new SafeSocketHandle(pair[0], ownsHandle: true));
        try
        {
            return new DetachedProcess(Spawn(path, arguments, environment, workingDirectory, pair[1]), channel);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
        finally
        {
            _ = FileCalls.Close(pair[1]);
        }
    }

    private static unsafe int Spawn(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory, int channel)
    {
        using var texts = new NativeTexts();
        var argv = texts.Vector([path, .. arguments]);
        var variables = texts.Vector([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);

        var attributes = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var actions = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var signals = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        Check(path, SpawnCalls.InitAttributes(attributes));
        Check(path, SpawnCalls.InitActions(actions));
        try
        {
            // .NET ignores SIGPIPE, and a child would inherit that.
            _ = SpawnCalls.AllSignals(signals);
            Check(path, SpawnCalls.SetDefaultSignals(attributes, signals));
            _ = SpawnCalls.EmptySignals(signals);
            Check(path, SpawnCalls.SetMask(attributes, signals));
            Check(path, SpawnCalls.SetFlags(attributes, SpawnCalls.SetSession | SpawnCalls.SetSignalDefaults | SpawnCalls.SetSignalMask));

            // The channel first: its number may be one of those that are opened next.
            Check(path, SpawnCalls.AddDuplicate(actions, channel, ChannelDescriptor));
            for (var descriptor = 0; descriptor < ChannelDescriptor; descriptor++)
            {
                Check(path, SpawnCalls.AddOpen(actions, descriptor, texts.Text("/dev/null"), FileCalls.O_RDWR, 0));
            }

            Check(path, SpawnCalls.AddCloseFrom(actions, ChannelDescriptor + 1));
            Check(path, SpawnCalls.AddDirectory(actions, texts.Text(workingDirectory)));
            Check(path, SpawnCalls.Spawn(out var pid, texts.Text(path), actions, attributes, argv, variables));
            return pid;
        }
        finally
        {
            _ = SpawnCalls.DestroyActions(actions);
            _ = SpawnCalls.DestroyAttributes(attributes);
        }
    }

    /// <summary>Takes a child that has ended off the process table: its exit code (128 + signal when killed), or null while it runs.</summary>
    public int? TryReap() =>
        SpawnCalls.Wait(Pid, out var status, NoHang) == Pid ? (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) : null;

    /// <summary>Ends the channel; the process goes on.</summary>
    public void Dispose()
    {
        Channel.Dispose();
        _ = TryReap();
    }

    private static void Check(string path, int error)
    {
        if (error != 0)
        {
            throw Errno.Failed("start", path, error);
        }
    }

    /// <summary>Null-terminated texts for one call.</summary>
    private sealed unsafe class NativeTexts : IDisposable
    {
        private readonly List<nint> allocated = [];

        public byte* Text(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var memory = Allocate(length + 1);
            Encoding.UTF8.GetBytes(text, new Span<byte>(memory, length));
            memory[length] = 0;
            return memory;
        }

        public byte** Vector(IReadOnlyList<string> texts)
        {
            var vector = (byte**)Allocate((texts.Count + 1) * sizeof(byte*));
            for (var i = 0; i < texts.Count; i++)
            {
                vector[i] = Text(texts[i]);
            }

            vector[texts.Count] = null;
            return vector;
        }

        public void Dispose()
        {
            foreach (var memory in allocated)
            {
                NativeMemory.Free((void*)memory);
            }
        }

        private byte* Allocate(int size)
        {
            var memory = NativeMemory.Alloc((nuint)size);
            allocated.Add((nint)memory);
            return (byte*)memory;
        }
    }
}
