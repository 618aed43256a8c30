namespace Agentctl.Core;

/// <summary>What the agent's standard input is.</summary>
public enum StdinMode
{
    /// <summary>/dev/null: an open input makes several agents wait for its end before they begin.</summary>
    None,

    /// <summary>A text, then its end.</summary>
    Text,

    /// <summary>Kept open for messages that come later.</summary>
    Open,
}

/// <summary>The signal by which an agent ends in good order.</summary>
public enum PoliteSignal
{
    Terminate,
    Interrupt,
}

/// <summary>What to run, and how to know the session it makes. Made by an adapter, which never runs anything itself.</summary>
public sealed record LaunchPlan
{
    /// <summary>Absolute path of the executable.</summary>
    public required string Program { get; init; }

    /// <summary>Everything after argv[0].</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public StdinMode Stdin { get; init; }

    /// <summary>With <see cref="StdinMode.Text"/> the whole input; with <see cref="StdinMode.Open"/> the first message, as the agent wants it framed.</summary>
    public string? StdinText { get; init; }

    /// <summary>The session's id when the agent takes one (or keeps the one it resumes); else it is read from the output.</summary>
    public string? SessionId { get; init; }

    /// <summary>The agent's output tells its session id, also where it was given: that is when the agent is ready.</summary>
    public bool TellsSessionId { get; init; }

    /// <summary>Variables that this agent needs, such as where the session it resumes is stored.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the user's that this agent must not see.</summary>
    public IReadOnlyList<string> WithheldVariables { get; init; } = [];

    /// <summary>Asked of the agent first when it is to stop.</summary>
    public PoliteSignal StopSignal { get; init; }

    /// <summary>The permission mode in force, in the agent's words; printed at launch.</summary>
    public required string PermissionMode { get; init; }

    /// <summary>The model asked for, if any.</summary>
    public string? Model { get; init; }
}

/// <summary>What an adapter makes of a wish to run an agent.</summary>
public abstract record PlanOutcome
{
    private PlanOutcome()
    {
    }

    public sealed record Planned(LaunchPlan Plan) : PlanOutcome;

    /// <summary>It cannot be run so.</summary>
    /// <param name="Problem">What is wrong, with which thing, and what to do next.</param>
    /// <param name="IsUsage">The wish itself is wrong (exit 2), not the machine (exit 1).</param>
    public sealed record Refused(string Problem, bool IsUsage) : PlanOutcome;
}

/// <summary>What a person wants run.</summary>
public sealed record LaunchWish
{
    /// <summary>The whole prompt: any size, any text but NUL.</summary>
    public required string Prompt { get; init; }

    /// <summary>Real path of the directory to work in.</summary>
    public required string Cwd { get; init; }

    public string? Model { get; init; }

    /// <summary>One of the adapter's <see cref="IAgentLauncher.PermissionModes"/>; null = the agent's own default.</summary>
    public string? PermissionMode { get; init; }

    /// <summary>How hard it is to think, in the agent's words; null = the agent's own default.</summary>
    public string? Thinking { get; init; }

    /// <summary>Passed to the agent as they are (<c>-- ARGS</c>).</summary>
    public IReadOnlyList<string> AgentArguments { get; init; } = [];

    /// <summary>Keep the agent's input open after the first prompt, for <c>agentctl send</c>.</summary>
    public bool KeepOpen { get; init; }

    /// <summary>The session to continue; null for a new one.</summary>
    public string? Resumes { get; init; }
}

/// <summary>
/// The part of an adapter that says what to run. Pure but for looking the program up on PATH. Thread-safe.
/// </summary>
public interface IAgentLauncher
{
    /// <summary>The adapter's id.</summary>
    string Id { get; }

    /// <summary>Permission modes that <c>--permission-mode</c> takes here, most careful first.</summary>
    IReadOnlyList<string> PermissionModes { get; }

    /// <summary>What to run for a new session, or to continue <see cref="LaunchWish.Resumes"/>.</summary>
    PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment);

    /// <summary>The agent's own interactive resume, to run in a person's terminal.</summary>
    PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment);

    /// <summary>The session id in one line of the agent's standard output, without its line feed; null when this line does not tell it.</summary>
    string? SessionIdIn(ReadOnlySpan<byte> outputLine);

    /// <summary>
    /// Why the newest turn ended badly although the agent's exit code is 0, as a reason (<c>permission-denied</c>), from one line of
    /// its output; null when the line does not tell.
    /// </summary>
    string? ReasonIn(ReadOnlySpan<byte> outputLine);

    /// <summary>A further message for an open input, framed as the agent wants it; null when it takes none that way.</summary>
    string? Frame(string message);

    /// <summary>What, written to an open input, interrupts the turn; null when there is no such thing.</summary>
    string? InterruptFrame();
}
