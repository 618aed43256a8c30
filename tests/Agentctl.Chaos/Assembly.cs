using System.Runtime.Versioning;
using Agentctl.Chaos;
using Xunit;

// Sandboxes are network namespaces.
[assembly: SupportedOSPlatform("linux")]

// Two at a time: each starts real processes and waits for them.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
[assembly: AssemblyFixture(typeof(ChaosTable))]
