using System.Diagnostics;

namespace Agentctl.Testing;

/// <summary>
/// A network with nothing but its own loopback: no program in it can reach anything outside, and its ports are its own.
/// Held by a process that ends when its input closes, so it does not outlive a test process that was killed.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly Process holder;

    private readonly string name;

    private NetworkNamespace(Process holder)
    {
        this.holder = holder;
        name = NameOf(holder.Id) ?? throw new InvalidOperationException("the holder of the network namespace ended at once");
    }

    /// <summary>What goes before a command to run it inside.</summary>
    public IReadOnlyList<string> Enter => [Requirement.Program("nsenter"), $"--net=/proc/{holder.Id}/ns/net", "--"];

    /// <summary>Whether a process lives in it. It can neither leave nor be mistaken, whatever it does to its environment.</summary>
    public bool Holds(ProcessStat process) => process.Pid != holder.Id && NameOf(process.Pid) == name;

    public static async Task<NetworkNamespace> Create()
    {
        Requirement.That(Environment.UserName == "root" || Environment.IsPrivilegedProcess, "an empty network namespace needs root");
        Requirement.Program("ip");
        var start = new ProcessStartInfo(Requirement.Program("unshare"), ["--net", "--", "sh", "-c", "ip link set lo up && echo up && read -r _"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync();
        Requirement.That(line == "up", "this machine does not allow network namespaces (unshare --net failed)");
        return new NetworkNamespace(process);
    }

    public async ValueTask DisposeAsync()
    {
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        holder.Dispose();
    }

    /// <summary><c>net:[4026532281]</c>; null when the process is gone.</summary>
    private static string? NameOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/net").LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
