using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>The agent's process, from the moment its program runs.</summary>
internal sealed class RunningAgent
{
    private RunningAgent(int pid, ulong startTicks, DateTimeOffset startedAt, LaunchCgroup? cgroup, int? input, int output, int errors)
    {
        Pid = pid;
        StartTicks = startTicks;
        StartedAt = startedAt;
        Cgroup = cgroup;
        Input = input;
        Output = output;
        Errors = errors;
    }

    public int Pid { get; }
    public ulong StartTicks { get; }
    public DateTimeOffset StartedAt { get; }
    public LaunchCgroup? Cgroup { get; }

    /// <summary>The writing end of its input, when that is open.</summary>
    public int? Input { get; }

    /// <summary>Our descriptors of the files it writes to.</summary>
    public int Output { get; }
    public int Errors { get; }

    /// <summary>Starts it: the process first, then its record, then its program.</summary>
    /// <exception cref="IOException">It cannot be started; nothing of it runs. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static RunningAgent Start(LaunchFolder folder, Orders orders)
    {
        var output = RawFile.OpenToAppend(folder.Path(LaunchFiles.Output));
        var errors = RawFile.OpenToAppend(folder.Path(LaunchFiles.Errors));
        var (childInput, ourInput) = InputOf(folder, orders.Stdin);
        var leasePath = folder.Path(LaunchFiles.Lease);
        folder.ReserveRoom();
        var cgroup = LaunchCgroup.TryCreate(orders.Id);
        cgroup?.MoveOut(Environment.ProcessId);
        GatedProcess? child = null;
        try
        {
            // Locked by us, then the agent's alone: it is free when the agent, and whatever it passed it on to, is gone.
            using (var agentLease = Lease.TryTake(leasePath, offset: 1) ?? throw new IOException($"byte 1 of {leasePath} is held already"))
            {
                child = GatedProcess.Start(orders.Cwd, orders.Program, orders.Arguments, EnvironmentOf(orders), (childInput, output, errors, agentLease));
            }

            RawFile.Close(childInput);
            var self = ProcessTable.Take().Find(Environment.ProcessId) ?? throw new IOException("this process is not in /proc");
            var startedAt = DateTimeOffset.UtcNow;
            if (cgroup?.TryAdd(child.Pid) == false)
            {
                cgroup.Remove();
                cgroup = null;
            }

            folder.WriteAgent(new AgentRecord(
                self.Pid, self.StartTicks, child.Pid, child.StartTicks, startedAt, cgroup is null ? "subreaper" : "cgroup", cgroup?.Path));
            if (child.Go() is { } problem)
            {
                throw new IOException(problem);
            }

            return new RunningAgent(child.Pid, child.StartTicks, startedAt, cgroup, ourInput, output, errors);
        }
        catch
        {
            // Behind the gate nothing has run; with its other end gone it leaves by itself.
            child?.Abandon();
            cgroup?.Remove();
            throw;
        }
    }

    /// <summary>The child's end, and ours.</summary>
    private static (int Child, int? Ours) InputOf(LaunchFolder folder, StdinMode mode)
    {
        if (mode != StdinMode.Open)
        {
            return (RawFile.OpenToRead(mode == StdinMode.Text ? folder.Path(LaunchFiles.Input) : "/dev/null"), null);
        }

        var (read, write) = RawFile.Pipe();
        return (read, write);
    }

    /// <summary>What we inherited, without what identifies this shim, and with the cookie by which everything the agent starts can be known.</summary>
    private static byte[] EnvironmentOf(Orders orders) =>
        [.. WithoutOwn(RawFile.ReadAll("/proc/self/environ")), .. System.Text.Encoding.ASCII.GetBytes($"{ShimProtocol.Cookie}={orders.Id}"), 0];

    /// <param name="variables">Entries of the form <c>name=value</c>, each ended by a zero.</param>
    private static byte[] WithoutOwn(ReadOnlySpan<byte> variables)
    {
        var kept = new List<byte>(variables.Length);
        while (!variables.IsEmpty)
        {
            var length = variables.IndexOf((byte)0) is >= 0 and var zero ? zero + 1 : variables.Length;
            if (!IsOwn(variables))
            {
                kept.AddRange(variables[..length]);
            }

            variables = variables[length..];
        }

        return [.. kept];
    }

    private static bool IsOwn(ReadOnlySpan<byte> variable)
    {
        foreach (var name in ShimProtocol.ShimsOwn)
        {
            if (variable.StartsWith(System.Text.Encoding.ASCII.GetBytes(name + "=")))
            {
                return true;
            }
        }

        return false;
    }
}
