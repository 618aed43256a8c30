using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>A command of the user's in his own terminal, session and process group, that holds a lease together with us.</summary>
public static class HoldingChild
{
    /// <summary>Where the child finds the lease; it need not know.</summary>
    private const int LeaseDescriptor = 3;

    /// <summary>Runs it to its end: its exit code, 128 + signal when one ended it. What Ctrl-C means is the command's to decide.</summary>
    /// <exception cref="IOException">It could not be started. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static async Task<int> Run(IReadOnlyList<string> words, Lease lease, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        var pid = Start(words, lease, environment);
        return await Task.Run(() => WaitFor(pid), cancellationToken).ConfigureAwait(false);
    }

    private static int WaitFor(int pid)
    {
        int ended, status;
        do
        {
            ended = SpawnCalls.Wait(pid, out status, 0);
        }
        while (ended < 0 && Errno.Last == Errno.EINTR);
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    private static unsafe int Start(IReadOnlyList<string> words, Lease lease, IReadOnlyDictionary<string, string> environment)
    {
        using var texts = new NativeTexts();
        var argv = texts.Vector(words);
        var variables = texts.Vector([.. environment.Select(static variable => $"{variable.Key}={variable.Value}")]);
        var attributes = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var actions = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        var signals = stackalloc byte[SpawnCalls.OpaqueSizeBytes];
        Check(words[0], SpawnCalls.InitAttributes(attributes));
        Check(words[0], SpawnCalls.InitActions(actions));
        try
        {
            _ = SpawnCalls.AllSignals(signals);
            Check(words[0], SpawnCalls.SetDefaultSignals(attributes, signals));
            Check(words[0], SpawnCalls.SetFlags(attributes, SpawnCalls.SetSignalDefaults));
            Check(words[0], SpawnCalls.AddDuplicate(actions, lease.Descriptor, LeaseDescriptor));
            Check(words[0], SpawnCalls.AddCloseFrom(actions, LeaseDescriptor + 1));
            Check(words[0], SpawnCalls.SpawnFromPath(out var pid, texts.Text(words[0]), actions, attributes, argv, variables));
            return pid;
        }
        finally
        {
            _ = SpawnCalls.DestroyActions(actions);
            _ = SpawnCalls.DestroyAttributes(attributes);
        }
    }

    private static void Check(string program, int error)
    {
        if (error != 0)
        {
            throw Errno.Failed("run", program, error);
        }
    }
}
