namespace Agentctl.Core;

/// <summary>What our own launch says of a session: whether it lives is the lease's word, how it ended the shim's.</summary>
public sealed record LaunchFacts
{
    public required string LaunchId { get; init; }
    public required DateTimeOffset LaunchedAt { get; init; }

    /// <summary>Its shim, or what a killed shim left behind, lives.</summary>
    public required bool IsHeld { get; init; }

    /// <summary>What proves <see cref="IsHeld"/>, or the recorded end.</summary>
    public required Evidence Evidence { get; init; }

    /// <summary>How it ended, once it has.</summary>
    public ExitRecord? Exit { get; init; }

    /// <summary>The process that was started.</summary>
    public ProcessIdentity? Agent { get; init; }

    /// <summary>The process that owns it, whose end comes after the record of the agent's.</summary>
    public ProcessIdentity? Shim { get; init; }

    /// <summary>Launched less than <see cref="Youth"/> ago.</summary>
    public bool IsYoung { get; init; }

    /// <summary>An adapter reads what this kind of agent writes; else its process is all there is to know.</summary>
    public bool TellsTurns { get; init; }

    /// <summary>The ACP session that it serves.</summary>
    public string? Conversation { get; init; }

    /// <summary>Why its newest turn ended badly although its exit code is 0.</summary>
    public string? EndReason { get; init; }

    /// <summary>Nothing here can tell whether it lives.</summary>
    public bool CannotTell { get; init; }

    /// <summary>Why: its files cannot be read or are not believed. Else its processes belong to another pid namespace or host.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>It waits for its turn: nothing of its agent runs yet.</summary>
    public QueueFacts? Queue { get; init; }

    /// <summary>How long an agent may take to report its session before that is remarkable.</summary>
    public static readonly TimeSpan Youth = TimeSpan.FromSeconds(30);
}

/// <summary>What a launch that waits for its turn waits for.</summary>
/// <param name="Reason">One of <see cref="Reasons"/>: <c>no-slot</c>, <c>directory</c>, <c>turn</c>, <c>brake</c>.</param>
/// <param name="Evidence">Who holds what it waits for.</param>
public sealed record QueueFacts(string Reason, Evidence Evidence);
