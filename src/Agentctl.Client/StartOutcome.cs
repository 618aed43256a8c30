namespace Agentctl.Client;

/// <summary>How the wish for a running daemon went.</summary>
public abstract record StartOutcome
{
    private StartOutcome()
    {
    }

    /// <summary>It runs and answers for our places.</summary>
    /// <param name="WasStarted">It did not run before this call; it may have been started by another caller at the same time.</param>
    public sealed record Up(DaemonClient Client, bool WasStarted) : StartOutcome;

    /// <summary>It runs, started with other directory variables: look in process.</summary>
    public sealed record OtherEnvironment(DaemonClient Client) : StartOutcome;

    /// <summary>There is none to ask; the problem says what happened and what to do.</summary>
    public sealed record Failed(string Problem) : StartOutcome;
}
