using Agentctl.Core;
using Agentctl.Daemon;

if (args is ["--version"])
{
    Console.WriteLine($"agentctld {BuildStamp.Version} ({BuildStamp.Commit}), {BuildStamp.Runtime}");
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine("agentctld takes no arguments; it serves AGENTCTL_HOME (default ~/.agentctl). See: agentctl daemon --help");
    return 2;
}

return await DaemonProgram.Run(AgentEnvironment.OfThisProcess(), TimeProvider.System);
