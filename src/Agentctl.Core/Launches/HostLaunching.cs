namespace Agentctl.Core;

/// <summary>
/// The part of an adapter whose sessions run inside a host of the agent's own (a gateway): there is no process to start, so the host is
/// asked. Such a session holds no directory and takes no slot. <see cref="CannotLookException"/> is for a host that does not answer.
/// </summary>
public interface IHostLauncher
{
    /// <summary>The adapter's id.</summary>
    string Id { get; }

    /// <summary>What the host is called: <c>gateway</c>.</summary>
    string Host { get; }

    /// <summary>Begins a session with a prompt, or gives one to a session that rests. Returns when the host lists it.</summary>
    Task<HostAnswer> Launch(HostWish wish, CancellationToken cancellationToken);
}

/// <summary>What a host is asked to run.</summary>
/// <param name="Key">Names this wish: asked twice with the same key, a host runs it once.</param>
/// <param name="Resumes">The session to go on with.</param>
/// <param name="Name">What a person calls it.</param>
public sealed record HostWish(string Key, string Prompt, Sighting? Resumes, string? Name);

/// <summary>What a host said.</summary>
/// <param name="SessionId">The session that runs; null when none does.</param>
/// <param name="Problem">Why not, and what to do next.</param>
public sealed record HostAnswer(string? SessionId, string? Problem = null);
