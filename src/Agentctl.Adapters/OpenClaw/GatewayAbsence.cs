using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// Whether a refused connection proves that no gateway runs. Only a gateway of this machine, that this user's own files
/// describe, can be proved absent; every other silence proves nothing (law L5: a gateway that fails to answer stops no session).
/// </summary>
internal static class GatewayAbsence
{
    /// <summary>The proof, or the exception that says why there is none.</summary>
    public static Evidence Prove(GatewayPlace place, GatewayFailure refused, IProcessTable processes, AgentEnvironment environment)
    {
        if (!place.Address.IsLoopback || place.IsNamed)
        {
            throw new CannotLookException($"{refused.Message}; that says nothing of its sessions: start the gateway there, or correct the address", refused);
        }

        var judged = GatewayLock.Judge(place.StateDirectory, processes);
        return judged switch
        {
            GatewayLock.Alive alive when alive.Port is { } port && port != place.Address.Port => throw new CannotLookException(
                $"{refused.Message}, but the gateway ({alive.Identity}) says in its lock that it listens on port {port}; correct the port where it was set ({SourceOf(place)})", refused),
            GatewayLock.Alive alive => throw new CannotLookException(
                $"{refused.Message}, although the gateway ({alive.Identity}, {environment.Tilde(alive.Path)}) lives; it may be starting, stopping or listening elsewhere: look at `openclaw gateway status`", refused),
            GatewayLock.Unreadable unreadable => throw new CannotLookException(
                $"{refused.Message}, and whether the gateway lives cannot be told: {environment.Tilde(unreadable.Path)} could not be read ({unreadable.Problem})", refused),
            GatewayLock.Gone gone when IsThisGateway(place, gone.Port) => new Evidence(
                environment.Tilde(gone.Path),
                $"the gateway's lock names pid {gone.Pid}{(gone.StartTicks is { } ticks ? $" (start {ticks})" : "")}, which is gone, and {place.Address} refuses connections",
                gone.WrittenAt),
            GatewayLock.Absent absent when place is { HasState: true, AddressSource: not AddressSource.Url } => new Evidence(
                environment.Tilde(absent.Directory),
                $"no gateway holds a lock there, and {place.Address} refuses connections",
                DateTimeOffset.UnixEpoch),
            _ => throw new CannotLookException(
                $"{refused.Message}; no gateway of this machine is known to belong there ({SourceOf(place)}): start the gateway, or the tunnel to it", refused),
        };
    }

    private static bool IsThisGateway(GatewayPlace place, int? lockedPort) =>
        place.AddressSource is AddressSource.Default or AddressSource.Gateway || lockedPort == place.Address.Port;

    private static string SourceOf(GatewayPlace place) => place.AddressSource switch
    {
        AddressSource.Url => "a url was set",
        AddressSource.Port => "a port was set",
        AddressSource.Gateway => "from the gateway's own files",
        _ => "the default port",
    };
}
