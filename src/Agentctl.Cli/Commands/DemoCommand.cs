using System.CommandLine;
using Agentctl.Cli.Demo;
using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl demo</c>: the whole of it in a minute, with no agent installed.</summary>
internal static class DemoCommand
{
    public static Command Create(Surroundings around)
    {
        var command = new Command("demo", "See agentctl work on scripted agents in a temporary home, then on this machine.");
        command.SetAction((_, cancellationToken) => Execute(around, cancellationToken));
        return command.WithExamples(("agentctl demo", "takes less than a minute and leaves nothing behind"));
    }

    private static async Task<int> Execute(Surroundings around, CancellationToken outer)
    {
        using var interrupt = new Interrupt(outer);
        var cancellationToken = interrupt.Token;
        if (!File.Exists(ScriptedAgent.Program))
        {
            around.Terminal.Note($"{ScriptedAgent.Program} is missing: build it with eng/publish");
            return ExitCode.Failed;
        }

        int code;
        using (var home = new DemoHome())
        {
            await using var answering = new Answering(home.Environment, around.Time, around.Terminal);
            var inside = around with { Environment = home.Environment, OpenSessions = answering.Open, Own = answering.InProcess };
            try
            {
                code = await new Demonstration(around, home, inside).Run(cancellationToken);
            }
            finally
            {
                // What it launched, whatever went wrong; then its own daemon, started by the first list in there.
                _ = await answering.InProcess().Stop(new StopOrder([], All: true, Force: true), CancellationToken.None);
                await DaemonControl.Stop(home.Environment, around.Time, CancellationToken.None);
            }
        }

        await Demonstration.ShowThisMachine(around, cancellationToken);
        return code;
    }
}
