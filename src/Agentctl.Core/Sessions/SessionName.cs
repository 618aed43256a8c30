namespace Agentctl.Core;

/// <summary>A name that resolves to a session: its id, or an alias.</summary>
/// <param name="Name">The id or alias.</param>
/// <param name="Id">The id of the session it names.</param>
public readonly record struct SessionName(string Name, string Id);
