namespace Agentctl.Core;

/// <summary>Why a record of another program cannot be read.</summary>
/// <param name="What">One clause without a full stop: "it ends in the middle".</param>
/// <param name="Offset">The byte of the record at which the reader gave up.</param>
public sealed record JsonDamage(string What, long Offset);
