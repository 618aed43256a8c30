using Xunit;

namespace Agentctl.RealAgents;

/// <summary>
/// Tests with a gateway come one at a time, when the others are over: it keeps a processor busy, and gives itself fifteen seconds
/// to begin a run, and us thirty to list its sessions.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
