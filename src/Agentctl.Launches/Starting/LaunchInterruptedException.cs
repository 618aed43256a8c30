namespace Agentctl.Launches;

/// <summary>The caller gave up while a launch was starting.</summary>
/// <param name="launchId">Which launch.</param>
/// <param name="hasBegun">The agent runs in the background; false: the launch was taken back, and the agent never ran.</param>
public sealed class LaunchInterruptedException(string launchId, bool hasBegun, CancellationToken token)
    : OperationCanceledException($"launch {launchId} was interrupted; {(hasBegun ? "its agent runs" : "its agent was not started")}", token)
{
    public string LaunchId { get; } = launchId;
    public bool HasBegun { get; } = hasBegun;

    /// <summary>What follows the start of an agent: when that is cancelled, the caller learns which launch it leaves behind.</summary>
    public static async Task<T> Naming<T>(string launchId, Task<T> following, CancellationToken cancellationToken)
    {
        try
        {
            return await following.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new LaunchInterruptedException(launchId, hasBegun: true, cancellationToken);
        }
    }
}
