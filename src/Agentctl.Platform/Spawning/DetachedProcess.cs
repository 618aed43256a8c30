using System.Net.Sockets;

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
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory, DetachedOptions? options = null)
    {
        var pair = stackalloc int[2];
        if (SocketCalls.Pair(SocketCalls.UnixDomain, SocketCalls.StreamCloseOnExec, 0, pair) != 0)
        {
            throw Errno.Failed("start", path, Errno.Last);
        }

        var channel = new Socket(new SafeSocketHandle(pair[0], ownsHandle: true));
        try
        {
            var theirs = pair[1];
            return new DetachedProcess(FileCreationMask.Undone(() => Spawn(path, arguments, environment, workingDirectory, theirs, options)), channel);
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

    /// <summary>Starts <paramref name="path"/> without listening to what it says.</summary>
    /// <returns>Its pid: our child until we end.</returns>
    /// <exception cref="IOException">It could not be started; says why.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be executed.</exception>
    public static unsafe int StartUnheard(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory, DetachedOptions? options = null)
    {
        var pair = stackalloc int[2];
        if (SocketCalls.Pair(SocketCalls.UnixDomain, SocketCalls.StreamCloseOnExec, 0, pair) != 0)
        {
            throw Errno.Failed("start", path, Errno.Last);
        }

        try
        {
            var theirs = pair[1];
            return FileCreationMask.Undone(() => Spawn(path, arguments, environment, workingDirectory, theirs, options));
        }
        finally
        {
            _ = FileCalls.Close(pair[0]);
            _ = FileCalls.Close(pair[1]);
        }
    }

    private static unsafe int Spawn(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory, int channel, DetachedOptions? options)
    {
        using var texts = new NativeTexts();
        var argv = texts.Vector([path, .. arguments]);
        var variables = texts.Vector([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);

        var attributes = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var actions = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var signals = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var lease = -1;
        Check(path, SpawnCalls.InitAttributes(attributes));
        Check(path, SpawnCalls.InitActions(actions));
        try
        {
            // .NET ignores SIGPIPE, and a child would inherit that.
            _ = SpawnCalls.AllSignals(signals);
            Check(path, SpawnCalls.SetDefaultSignals(attributes, signals));
            _ = SpawnCalls.EmptySignals(signals);
            foreach (var blocked in options?.BlockedSignals ?? [])
            {
                _ = SpawnCalls.AddSignal(signals, blocked);
            }

            Check(path, SpawnCalls.SetMask(attributes, signals));
            Check(path, SpawnCalls.SetFlags(attributes, SpawnCalls.SetSession | SpawnCalls.SetSignalDefaults | SpawnCalls.SetSignalMask));

            // A copy with a higher number than any target: what is passed may be among the numbers that are given out.
            lease = options?.Lease is { } held ? RawFile.CopyFrom(held.Descriptor, DetachedOptions.LeaseDescriptor + 1) : -1;
            Check(path, SpawnCalls.AddDuplicate(actions, channel, ChannelDescriptor));
            for (var descriptor = 0; descriptor < ChannelDescriptor; descriptor++)
            {
                Check(path, SpawnCalls.AddOpen(actions, descriptor, texts.Text("/dev/null"), FileCalls.O_RDWR, 0));
            }

            var last = ChannelDescriptor;
            if (lease >= 0)
            {
                last = DetachedOptions.LeaseDescriptor;
                Check(path, SpawnCalls.AddDuplicate(actions, lease, last));
            }

            Check(path, SpawnCalls.AddCloseFrom(actions, last + 1));
            Check(path, SpawnCalls.AddDirectory(actions, texts.Text(workingDirectory)));
            Check(path, SpawnCalls.Spawn(out var pid, texts.Text(path), actions, attributes, argv, variables));
            return pid;
        }
        finally
        {
            _ = SpawnCalls.DestroyActions(actions);
            _ = SpawnCalls.DestroyAttributes(attributes);
            _ = lease >= 0 ? FileCalls.Close(lease) : 0;
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
}
