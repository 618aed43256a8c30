namespace Agentctl.Core;

/// <summary>What a session is doing. Written in lower case everywhere outside the code.</summary>
public enum SessionState
{
    /// <summary>Launched; the agent has not reported its session yet.</summary>
    Starting,

    /// <summary>A turn is in progress.</summary>
    Running,

    /// <summary>Alive, and cannot go on without a human.</summary>
    Waiting,

    /// <summary>Alive, no turn in progress.</summary>
    Idle,

    /// <summary>Accepted, and waits for its turn: nothing of its agent runs.</summary>
    Queued,

    /// <summary>Ended, or could merely be continued.</summary>
    Stopped,

    /// <summary>Ended badly, and nobody asked for it.</summary>
    Error,

    /// <summary>Cannot be told now.</summary>
    Unknown,
}

/// <summary>What follows from a state alone.</summary>
public static class SessionStates
{
    /// <summary>Starting, running, waiting and idle are active; queued and unknown are counted beside them, never among them.</summary>
    public static bool IsActive(this SessionState state) =>
        state is SessionState.Starting or SessionState.Running or SessionState.Waiting or SessionState.Idle;

    public static bool IsTerminal(this SessionState state) => state is SessionState.Stopped or SessionState.Error;

    public static string Word(this SessionState state) => state switch
    {
        SessionState.Starting => "starting",
        SessionState.Running => "running",
        SessionState.Waiting => "waiting",
        SessionState.Idle => "idle",
        SessionState.Queued => "queued",
        SessionState.Stopped => "stopped",
        SessionState.Error => "error",
        _ => "unknown",
    };

    /// <summary>The state a word names, or null. <c>completed</c> and <c>failed</c> are the reference's words for stopped and error.</summary>
    public static SessionState? FromWord(string word) => word switch
    {
        "starting" => SessionState.Starting,
        "running" => SessionState.Running,
        "waiting" => SessionState.Waiting,
        "idle" => SessionState.Idle,
        "queued" => SessionState.Queued,
        "stopped" or "completed" => SessionState.Stopped,
        "error" or "failed" => SessionState.Error,
        "unknown" => SessionState.Unknown,
        _ => null,
    };

    /// <summary>Who needs a human comes first, what is over comes last.</summary>
    public static int ListOrder(this SessionState state) => state switch
    {
        SessionState.Waiting => 0,
        SessionState.Running => 1,
        SessionState.Starting => 2,
        SessionState.Idle => 3,
        SessionState.Queued => 4,
        SessionState.Unknown => 5,
        SessionState.Error => 6,
        _ => 7,
    };
}
