using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// A child that exists before its program does: it is a process with its final pid and start time, and waits behind a gate until it
/// is told to go. So who it is can be written down before it can do anything. The gate is this very executable, started with
/// <see cref="GateArgument"/>.
/// </summary>
public sealed unsafe class GatedProcess
{
    public const string GateArgument = "--gate";

    /// <summary>The descriptors of the child: 0 to 2 as given, 3 the agent's lease, 4 the gate.</summary>
    private const int LeaseDescriptor = 3;

    private const int GateDescriptor = 4;

    private readonly LocalSocket gate;

    private GatedProcess(int pid, ulong startTicks, LocalSocket gate)
    {
        Pid = pid;
        StartTicks = startTicks;
        this.gate = gate;
    }

    public int Pid { get; }
    public ulong StartTicks { get; }

    /// <summary>Starts the child in a session of its own.</summary>
    /// <param name="environmentBlock">Variables as in /proc/self/environ: <c>NAME=value</c>, each ended by a zero.</param>
    /// <param name="descriptors">Its standard input, output and error, and the lease it is to hold.</param>
    /// <exception cref="IOException">It could not be started.</exception>
    public static GatedProcess Start(
        string workingDirectory, string program, IReadOnlyList<string> arguments, ReadOnlySpan<byte> environmentBlock, (int Input, int Output, int Errors, Lease Lease) descriptors)
    {
        var self = FileCalls.ReadLink("/proc/self/exe\0"u8, out var errno) ?? throw Errno.Failed("find", "this program", errno);
        var pair = stackalloc int[2];
        if (SocketCalls.Pair(SocketCalls.UnixDomain, SocketCalls.StreamCloseOnExec, 0, pair) != 0)
        {
            throw Errno.Failed("start", program, Errno.Last);
        }

        var ours = LocalSocket.Adopt(pair[0]);
        try
        {
            var pid = Spawn(self, [GateArgument, workingDirectory, program, .. arguments], environmentBlock, [descriptors.Input, descriptors.Output, descriptors.Errors, descriptors.Lease.Descriptor, pair[1]]);
            return new GatedProcess(pid, ProcStat.StartTicksOf(pid) ?? throw new IOException($"cannot start {program}: its process was gone before it was told to go"), ours);
        }
        catch
        {
            ours.Dispose();
            throw;
        }
        finally
        {
            _ = FileCalls.Close(pair[1]);
        }
    }

    /// <summary>The gate stays shut for good: the child sees that nobody is there any more, and leaves.</summary>
    public void Abandon() => gate.Dispose();

    /// <summary>Opens the gate.</summary>
    /// <returns>Null when the program runs; else why it does not.</returns>
    public string? Go()
    {
        using (gate)
        {
            if (!gate.Send("go"))
            {
                return "its process was killed before it was told to go";
            }

            // The child's end closes with a successful execve(2); what comes before that is why there was none.
            var said = new byte[4096];
            var length = 0;
            while (length < said.Length && gate.Receive(said.AsSpan(length)) is > 0 and var more)
            {
                length += more;
            }

            return length == 0 ? null : Encoding.UTF8.GetString(said, 0, length);
        }
    }

    /// <summary>The child's side: waits for the word, then becomes the program. Returns the exit code of a gate that stays shut.</summary>
    /// <param name="arguments">What followed <see cref="GateArgument"/>: directory, program, arguments.</param>
    public static int Wait(IReadOnlyList<string> arguments)
    {
        const int CannotRun = 127;
        using var word = LocalSocket.Adopt(GateDescriptor);
        RawFile.CloseOnExec(GateDescriptor);
        Span<byte> said = stackalloc byte[8];
        if (word.Receive(said) is not > 0)
        {
            // Whoever made us is gone: nothing may run that nobody knows of.
            return CannotRun;
        }

        var (directory, program) = (arguments[0], arguments[1]);
        fixed (byte* path = FileCalls.Bytes(directory))
        {
            if (FileCalls.ChDir(path) != 0)
            {
                word.Send($"cannot work in {directory}: {Errno.Text(Errno.Last)}");
                return CannotRun;
            }
        }

        var errno = ProcessImage.TryReplace(program, [program, .. arguments.Skip(2)]);
        word.Send($"cannot run {program}: {Errno.Text(errno)}");
        return CannotRun;
    }

    private static int Spawn(string self, IReadOnlyList<string> arguments, ReadOnlySpan<byte> environmentBlock, ReadOnlySpan<int> descriptors)
    {
        using var texts = new NativeTexts();
        var argv = texts.Vector([self, .. arguments]);
        fixed (byte* block = environmentBlock)
        {
            var environment = texts.VectorInto(block, environmentBlock.Length);
            var attributes = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
            var actions = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
            Span<int> copies = stackalloc int[descriptors.Length];
            copies.Clear();
            Check(self, SpawnCalls.InitAttributes(attributes));
            Check(self, SpawnCalls.InitActions(actions));
            try
            {
                // The gate itself resets the signals, after its runtime has set its own.
                Check(self, SpawnCalls.SetFlags(attributes, SpawnCalls.SetSession));

                for (var i = 0; i < descriptors.Length; i++)
                {
                    // A copy with a higher number than any target: what is passed may be among the numbers that are given out.
                    Check(self, SpawnCalls.AddDuplicate(actions, copies[i] = RawFile.CopyFrom(descriptors[i], descriptors.Length), i));
                }

                Check(self, SpawnCalls.AddCloseFrom(actions, descriptors.Length));
                Check(self, SpawnCalls.Spawn(out var pid, texts.Text(self), actions, attributes, argv, environment));
                return pid;
            }
            finally
            {
                _ = SpawnCalls.DestroyActions(actions);
                _ = SpawnCalls.DestroyAttributes(attributes);
                foreach (var copy in copies)
                {
                    _ = copy > 0 ? FileCalls.Close(copy) : 0;
                }
            }
        }
    }

    private static void Check(string program, int error)
    {
        if (error != 0)
        {
            throw Errno.Failed("start", program, error);
        }
    }
}
