using Agentctl.Cli;
using Agentctl.Cli.Terminals;
using Agentctl.Core;

try
{
    var environment = AgentEnvironment.OfThisProcess();
    var terminal = ProcessTerminal.Open(environment);
    if (args is ["--version" or "-V"])
    {
        terminal.Write(Versions.Line + "\n");
        return ExitCode.Done;
    }

    await using var answering = new Answering(environment, TimeProvider.System, terminal);
    return await CommandLine.Run(args, new Surroundings(
        environment, TimeProvider.System, terminal, answering.Open, answering.InProcess, () => ProcessTerminal.Traits(1, environment)));
}
catch (OutputClosedException)
{
    return ExitCode.Done;
}
