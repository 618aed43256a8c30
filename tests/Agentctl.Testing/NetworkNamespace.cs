using System.Diagnostics;

namespace Agentctl.Testing;

/// <summary>
/// A network with nothing but its own loopback: no program in it can reach anything outside, and its ports are its own.
/// Held by a process that ends when its input closes, so it does not outlive a test process that was killed.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly Process holder;

    private NetworkNamespace(Process holder) => this.holder = holder;

    /// <summary>What goes before a command to run it inside.</summary>
    public IReadOnlyList<string> Enter => [Requirement.Program("nsenter"), $"--net=/proc/{holder.Id}/ns/net", "--"];

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
}
