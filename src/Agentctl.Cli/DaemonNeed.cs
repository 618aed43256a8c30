using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Cli;

/// <summary>What only works while a daemon lives: a promise that nobody would keep is not given.</summary>
internal static class DaemonNeed
{
    /// <summary>Whether a daemon answers; tells when not.</summary>
    /// <param name="what">What needs it, and why: the beginning of the sentence.</param>
    public static bool IsServed(IAgentctlApi api, Surroundings around, string what)
    {
        if (api is not SessionService)
        {
            return true;
        }

        around.Terminal.Note($"{what}, and none answers: unset AGENTCTL_NO_DAEMON, or see agentctl daemon start. Nothing was changed.");
        return false;
    }
}
