using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What a <see cref="SessionService"/> is made of.</summary>
/// <param name="Watching">
/// True in the daemon: adapters push changes from the start, a failing one is retried in the background, last good answers are kept.
/// False in a one-shot command: every adapter is asked once.
/// </param>
public sealed record SessionServiceOptions(AgentEnvironment Environment, AgentctlConfig Config, TimeProvider Time, bool Watching)
{
    /// <summary>The adapters to ask; the built-in ones when null.</summary>
    public IReadOnlyList<IAgentAdapter>? Adapters { get; init; }

    /// <summary>Where the background loops of this process are counted.</summary>
    public BackgroundLoops Loops { get; init; } = new(Time);

    /// <summary>Receives what a person who waits should know, one sentence each; null in a daemon.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Takes the process table of one request; the machine's own when null.</summary>
    public Func<IProcessTable>? Processes { get; init; }
}
