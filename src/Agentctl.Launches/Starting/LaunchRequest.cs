using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>A launch that is ready to be decided: what to run, and what to remember of it.</summary>
public sealed record LaunchRequest
{
    public required string Adapter { get; init; }
    public required LaunchPlan Plan { get; init; }

    /// <summary>Real path.</summary>
    public required string Cwd { get; init; }
    public required string Prompt { get; init; }

    /// <summary>The whole environment of the agent, but for the launch's own cookie.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public bool IsResume { get; init; }
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Spec { get; init; }
    public string? Branch { get; init; }
    public IReadOnlyDictionary<string, string> Meta { get; init; } = Sighting.NoMeta;
    public bool KeepChildren { get; init; }
    public bool Force { get; init; }
    public TimeSpan? Timeout { get; init; }
    public TimeSpan OrphanAfter { get; init; }

    /// <summary>As <see cref="LaunchRecord.OutputLimitBytes"/>.</summary>
    public long OutputLimitBytes { get; init; }

    /// <summary>The ACP session that it serves.</summary>
    public string? Conversation { get; init; }
    public string? OnCreate { get; init; }
    public string? OnComplete { get; init; }

    /// <summary>Wait for a turn where it cannot run now.</summary>
    public bool Queue { get; init; }
    public TimeSpan? QueueTimeout { get; init; }
}

/// <summary>How a launch went.</summary>
public abstract record LaunchOutcome
{
    private LaunchOutcome()
    {
    }

    /// <summary>The agent's program runs, or ran.</summary>
    /// <param name="Overridden">The lock that --force overrode.</param>
    public sealed record Started(string LaunchId, int Pid, Refusal? Overridden) : LaunchOutcome;

    /// <summary>It waits for its turn.</summary>
    /// <param name="Full">The scope that has no slot left, when that is why.</param>
    public sealed record Queued(string LaunchId, QueueStanding.Waits Why, Refusal.NoSlot? Full = null) : LaunchOutcome;

    /// <summary>It was not admitted; nothing was changed.</summary>
    public sealed record Refused(Refusal Why) : LaunchOutcome;

    /// <summary>It could not be started; nothing of it is left.</summary>
    public sealed record Failed(string Problem) : LaunchOutcome;
}
