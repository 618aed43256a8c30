using System.Runtime.InteropServices;

namespace Agentctl.Cli.Commands;

/// <summary>Ctrl-C while a turn is waited for: the first cancels the turn, the second ends its agent.</summary>
internal sealed class TurnInterrupt : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private int count;

    /// <param name="pressed">Told how often it was pressed by now; must not block.</param>
    public TurnInterrupt(Action<int> pressed)
    {
        void Take(PosixSignalContext context)
        {
            context.Cancel = true;
            pressed(Interlocked.Increment(ref count));
        }

        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Take), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take)];
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }
    }
}
