using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>
/// Single keys from a terminal, without waiting for Enter and without echo: termios(3). Ctrl-C and Ctrl-Z keep their meaning. The
/// terminal's own mode is restored by <see cref="Leave"/> and <see cref="Dispose"/>.
/// </summary>
public sealed unsafe partial class TerminalKeys : IDisposable
{
    private readonly Lock gate = new();
    private readonly int descriptor;
    private readonly int wake;
    private readonly Thread reader;
    private readonly Mode original;
    private bool isEntered;
    private bool isDisposed;

    private TerminalKeys(int descriptor, int wake, Mode original, Action<byte> pressed)
    {
        this.descriptor = descriptor;
        this.wake = wake;
        this.original = original;
        Enter();
        reader = new Thread(() => Read(pressed)) { IsBackground = true, Name = "keys" };
        reader.Start();
    }

    /// <param name="pressed">Receives each byte that is typed, on a thread of its own.</param>
    /// <returns>Null when the descriptor is no terminal, or this process is in the background.</returns>
    public static TerminalKeys? TryOpen(int descriptor, Action<byte> pressed)
    {
        if (!OperatingSystem.IsLinux() || TerminalSize.Of(descriptor) is null || tcgetpgrp(descriptor) != getpgrp() || tcgetattr(descriptor, out var mode) != 0)
        {
            return null;
        }

        var created = EventCalls.CreateEvent();
        return created < 0 ? null : new TerminalKeys(descriptor, created, mode, pressed);
    }

    /// <summary>Reads keys (again), as after <c>fg</c>.</summary>
    public void Enter()
    {
        lock (gate)
        {
            // A process in the background that changes the terminal's mode is stopped for it.
            if (isDisposed || isEntered || tcgetpgrp(descriptor) != getpgrp())
            {
                return;
            }

            var keys = original;
            keys.Local &= ~(LineByLine | Echo);
            keys.Control[LeastBytes] = 1;
            keys.Control[LongestWait] = 0;
            isEntered = tcsetattr(descriptor, Now, keys) == 0;
        }
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (isEntered && tcgetpgrp(descriptor) == getpgrp())
            {
                _ = tcsetattr(descriptor, Now, original);
            }

            isEntered = false;
        }
    }

    public void Dispose()
    {
        Leave();
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
        }

        var one = 1UL;
        _ = FileCalls.Write(wake, (byte*)&one, sizeof(ulong));
        if (Thread.CurrentThread != reader)
        {
            reader.Join();
        }

        _ = FileCalls.Close(wake);
    }

    private void Read(Action<byte> pressed)
    {
        var waiting = stackalloc PollCalls.PollDescriptor[2];
        while (true)
        {
            waiting[0] = new PollCalls.PollDescriptor { Descriptor = descriptor, Events = PollCalls.POLLIN };
            waiting[1] = new PollCalls.PollDescriptor { Descriptor = wake, Events = PollCalls.POLLIN };
            if (PollCalls.Poll(waiting, 2, -1) < 0)
            {
                if (Errno.Last == Errno.EINTR)
                {
                    continue;
                }

                return;
            }

            byte key;
            if (waiting[1].Happened != 0)
            {
                return;
            }

            switch (FileCalls.Read(descriptor, &key, 1))
            {
                case 1:
                    pressed(key);
                    break;
                case < 0 when Errno.Last is Errno.EINTR or Errno.EAGAIN:
                    break;
                default:
                    // The terminal is gone, or belongs to another process group now.
                    return;
            }
        }
    }

    private const uint LineByLine = 0x2;
    private const uint Echo = 0x8;
    private const int LongestWait = 5;
    private const int LeastBytes = 6;
    private const int Now = 0;

    /// <summary>struct termios of Linux, glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Mode
    {
        public uint Input;
        public uint Output;
        public uint Hardware;
        public uint Local;
        public byte Discipline;
        public fixed byte Control[32];
        public uint InputSpeed;
        public uint OutputSpeed;
    }

    /// <summary>0, or -1 when the descriptor is no terminal.</summary>
    [LibraryImport("libc")]
    private static partial int tcgetattr(int descriptor, out Mode mode);

    /// <summary>0, or -1.</summary>
    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int when, in Mode mode);

    /// <summary>The terminal's foreground process group, or -1.</summary>
    [LibraryImport("libc")]
    private static partial int tcgetpgrp(int descriptor);

    /// <summary>The caller's process group. Always succeeds.</summary>
    [LibraryImport("libc")]
    private static partial int getpgrp();
}
