namespace Agentctl.Platform;

/// <summary>What else a detached process gets.</summary>
/// <param name="Lease">A lease that it is to hold as well, on <see cref="LeaseDescriptor"/>: between the two of us there is no moment in which nobody holds it.</param>
/// <param name="BlockedSignals">Signals that are blocked when it begins.</param>
public sealed record DetachedOptions(Lease? Lease, IReadOnlyList<int> BlockedSignals)
{
    /// <summary>The child's descriptor of <see cref="Lease"/>.</summary>
    public const int LeaseDescriptor = DetachedProcess.ChannelDescriptor + 1;

    /// <summary>
    /// For a shim: it reads these signals from a descriptor, and they must be blocked before its first thread is, for .NET has
    /// another one before Main begins, which would swallow them.
    /// </summary>
    public static DetachedOptions ForShim(Lease lease) => new(lease, SignalNumbers.OfShim);
}
