using Agentctl.Cli.Rendering;
using Agentctl.Cli.Terminals;
using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Cli;

/// <summary>Everything a command touches beside its arguments; tests give their own.</summary>
/// <param name="OpenSessions">Finds who answers: the daemon, or this process.</param>
/// <param name="Own">This process, whether there is a daemon or not: for what lives with the caller.</param>
/// <param name="Refresh">The output's traits as they are now, for pages that are drawn again.</param>
internal sealed record Surroundings(
    AgentEnvironment Environment,
    TimeProvider Time,
    Terminal Terminal,
    Func<CancellationToken, Task<IAgentctlApi>> OpenSessions,
    Func<SessionService> Own,
    Func<TerminalTraits> Refresh)
{
    public Look Look() => LookAt(Terminal.Output);

    public Look LookAt(TerminalTraits traits) =>
        new(Time.GetUtcNow(), Time.LocalTimeZone, Environment, traits.Width, new Paint(traits.Colour));
}
