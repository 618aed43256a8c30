using System.Diagnostics;

namespace Agentctl.Testing;

/// <summary>Sends a signal to one process whose identity was just checked; through kill(1), since P/Invoke lives in Agentctl.Platform.</summary>
public static class Signals
{
    /// <summary>False when the process is gone.</summary>
    public static async Task<bool> Send(string signal, ProcessStat process)
    {
        if (process.Now() is null)
        {
            return false;
        }

        using var kill = Process.Start(new ProcessStartInfo("kill", ["-" + signal, process.Pid.ToString()]) { UseShellExecute = false, RedirectStandardError = true })!;
        await kill.WaitForExitAsync();
        return kill.ExitCode == 0;
    }
}
