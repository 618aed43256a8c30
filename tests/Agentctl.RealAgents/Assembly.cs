using Xunit;

// The agents mostly wait for the model, so more of them than cores may run at once.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
