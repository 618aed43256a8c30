using Xunit;

// The agents mostly wait for the model, so more of them than cores may run at once; a gateway that starts keeps one core busy for twenty seconds.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
