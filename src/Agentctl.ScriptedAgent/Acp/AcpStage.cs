using System.Runtime.InteropServices;
using Agentctl.Acp;

namespace Agentctl.ScriptedAgent;

/// <summary>The actor on standard input and output.</summary>
internal static class AcpStage
{
    public static async Task<int> Run(AcpActorOptions options)
    {
        using var obeyed = options.Deaf ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, static context => context.Cancel = true) : null;
        await using var output = Console.OpenStandardOutput();
        var memory = new ActorMemory();
        var actor = new AcpActor(options, memory) { Wire = output };
        await using var connection = AcpConnection.Create(StdioTransport.Of(Console.OpenStandardInput(), output), AcpHandlers.Of(actor), answersJunk: true);
        actor.Client = new ClientPeer(connection);
        connection.Begin();
        if (options.Deaf)
        {
            AcpActor.Grandchild();
        }

        await connection.Ended;
        if (options.Deaf)
        {
            await Task.Delay(Timeout.Infinite);
        }

        // An end of input is an end: whatever a turn was doing.
        Environment.Exit(0);
        return 0;
    }
}
