namespace Agentctl.Platform;

/// <summary>Signals as something to read, signalfd(2).</summary>
public sealed unsafe class SignalDescriptor
{
    // struct signalfd_siginfo: 128 bytes, the number first, the sender's pid at 12.
    private const int InfoBytes = 128;

    private SignalDescriptor(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    /// <summary>Whether whoever started this process blocked its signals in time.</summary>
    public static bool AreBlocked => PollCalls.IsBlocked(SignalNumbers.Child);

    /// <summary>
    /// This program again, from its beginning, with these signals blocked: they must be before its first thread is. Returns only when
    /// that failed: says why.
    /// </summary>
    public static string BeginAgainBlocked(IReadOnlyList<int> numbers, IReadOnlyList<string> arguments)
    {
        PollCalls.Block(numbers);
        return ProcessImage.TryRepeat(arguments);
    }

    /// <exception cref="IOException">No descriptor left for it.</exception>
    public static SignalDescriptor Open(IReadOnlyList<int> numbers) =>
        PollCalls.OpenSignals(numbers) is >= 0 and var descriptor ? new SignalDescriptor(descriptor) : throw new IOException("cannot read signals: no descriptor is left");

    /// <summary>The next signal that came; null when there is none.</summary>
    public int? Next()
    {
        var info = stackalloc byte[InfoBytes];
        return FileCalls.Read(Descriptor, info, InfoBytes) == InfoBytes ? *(int*)info : null;
    }
}
