namespace Agentctl.Platform;

/// <summary>Signal numbers of signal(7) that are the same on every Linux architecture we know.</summary>
public static class SignalNumbers
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Pipe = 13;
    public const int Terminate = 15;
    public const int Child = 17;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>What a shim reads from a descriptor instead of being interrupted by it.</summary>
    public static readonly IReadOnlyList<int> OfShim = [Child, Terminate, Interrupt, Hangup, Pipe];

    /// <summary>Its short name, for messages: <c>SIGTERM</c>.</summary>
    public static string NameOf(int number) => number switch
    {
        Hangup => "SIGHUP",
        Interrupt => "SIGINT",
        Kill => "SIGKILL",
        Pipe => "SIGPIPE",
        Terminate => "SIGTERM",
        _ => $"signal {number}",
    };
}
