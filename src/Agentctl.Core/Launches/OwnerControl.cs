namespace Agentctl.Core;

/// <summary>
/// The part of an adapter that can ask a session's owner for something (law L9): an owner of the agent's own kind (its daemon, its
/// gateway), not agentctl. Expected outcomes are values; <see cref="CannotLookException"/> is for an owner that does not answer.
/// </summary>
public interface IOwnerControl
{
    /// <summary>Asks the owner to end the session (or its turn, where the owner keeps sessions); null when this owner has no way.</summary>
    Task<OwnerAnswer?> Stop(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken);

    /// <summary>Gives a living session another message; null when this owner has no way.</summary>
    Task<OwnerAnswer?> Send(Sighting session, string text, AgentEnvironment environment, CancellationToken cancellationToken);

    /// <summary>Interrupts the turn in progress and nothing else; null when this owner has no way.</summary>
    Task<OwnerAnswer?> Cancel(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken);
}

/// <summary>What an owner said.</summary>
/// <param name="Done">It did it, and that was verified.</param>
/// <param name="Asked">What it was asked, as a person would type it: <c>claude stop 1f0a</c>, <c>turn/interrupt</c>.</param>
/// <param name="Detail">What it answered, or what is left.</param>
public sealed record OwnerAnswer(bool Done, string Asked, string Detail);
