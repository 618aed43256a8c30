namespace Agentctl.Core;

/// <summary>One observed fact (law L2).</summary>
/// <param name="Source">Where it was seen: a file, a kernel table, a gateway call. Paths are written with <c>~</c> for the home.</param>
/// <param name="Fact">What was seen, in one sentence a sceptic can check by hand.</param>
/// <param name="ObservedAt">
/// When the source recorded it: the agent's own time stamp, the file's time, the process's start. Not the time of the request,
/// so that two looks at an unchanged world give the same row (docs/decisions/0004-evidence-time.md).
/// </param>
public sealed record Evidence(string Source, string Fact, DateTimeOffset ObservedAt);
