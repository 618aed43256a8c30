namespace Agentctl.Core;

/// <summary>A state, the evidence that decided it, and why that piece decides.</summary>
/// <param name="Reason">One of <see cref="Reasons"/>, an agent's waiting reason, or null where the state says it all.</param>
/// <param name="Decider">The one deciding piece; on every row.</param>
/// <param name="Why">The rule that made it decide, as a sentence.</param>
/// <param name="IsAlive">A process or an owner holds the session right now.</param>
public sealed record Verdict(SessionState State, string? Reason, Evidence Decider, string Why, bool IsAlive);
