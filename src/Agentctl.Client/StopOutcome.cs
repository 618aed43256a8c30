namespace Agentctl.Client;

/// <summary>How stopping the daemon went.</summary>
public abstract record StopOutcome
{
    private StopOutcome()
    {
    }

    /// <summary>There was none.</summary>
    public sealed record NotRunning : StopOutcome
    {
        public static readonly NotRunning Instance = new();
    }

    /// <summary>It ended by itself and gave its lock back.</summary>
    public sealed record Stopped(int Pid, TimeSpan Took) : StopOutcome;

    /// <summary>It did not end when asked, and was killed. Nothing is lost by that.</summary>
    public sealed record Killed(int Pid, TimeSpan Took) : StopOutcome;

    public sealed record Failed(string Problem) : StopOutcome;
}
