using System.Text.Json;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Checking;

/// <summary>What doctor checks beside the adapters: each with what to do when it is not well.</summary>
internal static class MachineChecks
{
    public static async Task<IReadOnlyList<DoctorCheck>> Run(AgentEnvironment environment, CancellationToken cancellationToken) =>
        [
            new DoctorCheck("build", true, $"{Versions.Line}, at {environment.Tilde(Environment.ProcessPath ?? "?")}"),
            Home(environment),
            Config(environment),
            await Daemon(environment, cancellationToken),
            Shim(environment),
            Containment(),
            Processes(),
            Library("zstd", Zstandard.IsAvailable, "compressed Codex conversations can be read", "libzstd.so.1 is missing: compressed Codex conversations cannot be read; install libzstd1"),
            Library("libcrypto", Ed25519.IsAvailable, "gateways that ask for a device identity can be asked", "libcrypto.so.3 is missing: gateways that ask for a device identity cannot be asked; install libssl3"),
        ];

    /// <summary>None running is well: the next command starts one.</summary>
    private static async Task<DoctorCheck> Daemon(AgentEnvironment environment, CancellationToken cancellationToken)
    {
        switch (await DaemonConnection.TryConnect(environment, cancellationToken))
        {
            case ConnectOutcome.Up { Client: var client }:
                using (client)
                {
                    return await Loops(client, cancellationToken);
                }

            case ConnectOutcome.OtherEnvironment { Client: var client }:
                using (client)
                {
                    return new DoctorCheck("daemon", false, $"agentctld (pid {client.Peer.Pid}) was started with other directory variables and is not asked; to take it over: agentctl daemon restart");
                }

            case ConnectOutcome.Down when DaemonStarter.Executable(environment) is null:
                return new DoctorCheck("daemon", false, "agentctld is not beside this program: answers come from this process, and nothing is watched; see eng/publish");
            case ConnectOutcome.Down:
                return new DoctorCheck("daemon", true, "does not run; commands start it when they need it");
            case var other:
                return new DoctorCheck("daemon", false, other.ToString()!);
        }
    }

    /// <summary>A background loop that has failed is not well, although it was started again.</summary>
    private static async Task<DoctorCheck> Loops(DaemonClient client, CancellationToken cancellationToken)
    {
        var runs = $"agentctld {client.DaemonVersion} runs (pid {client.Peer.Pid})";
        try
        {
            var reply = await client.Daemon(cancellationToken);
            var failing = reply.IsOk ? JsonSerializer.Deserialize(reply.Whole().Span, ApiJson.Default.DaemonDocument)?.Loops?.Where(static loop => loop.Failures > 0).ToList() : null;
            return failing is not { Count: > 0 }
                ? new DoctorCheck("daemon", true, runs)
                : new DoctorCheck("daemon", false, $"{runs}; its background loops have failed: {string.Join("; ", failing.Select(static loop => $"{loop.Name} ({loop.Failures} times, last: {loop.LastFailure})"))}. The log of the daemon has the details");
        }
        catch (DaemonLostException lost)
        {
            return new DoctorCheck("daemon", false, lost.Message);
        }
    }

    private static DoctorCheck Home(AgentEnvironment environment)
    {
        var home = environment.AgentctlHome;
        var shown = environment.Tilde(home);
        if (!Directory.Exists(home))
        {
            return new DoctorCheck("home", true, $"{shown} is not there yet; it is made when it is needed");
        }

        try
        {
            if (OperatingSystem.IsWindows())
            {
                return new DoctorCheck("home", true, shown);
            }

            var mode = File.GetUnixFileMode(home);
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            return (mode & Others) == UnixFileMode.None
                ? new DoctorCheck("home", true, $"{shown}, for you alone")
                : new DoctorCheck("home", false, $"{shown} is open to others (mode {Convert.ToString((int)mode, 8)}); close it: chmod 700 {shown}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new DoctorCheck("home", false, $"{shown} cannot be looked at: {failure.Message}");
        }
    }

    private static DoctorCheck Config(AgentEnvironment environment)
    {
        var path = AgentctlConfig.PathIn(environment.AgentctlHome);
        return AgentctlConfig.Load(environment.AgentctlHome) switch
        {
            ConfigOutcome.Invalid invalid => new DoctorCheck("config", false, invalid.Full().Replace("\n", "; ", StringComparison.Ordinal)),
            _ => new DoctorCheck("config", true, File.Exists(path) ? environment.Tilde(path) : "no config.json, defaults are used"),
        };
    }

    private static DoctorCheck Shim(AgentEnvironment environment) => LaunchSettings.FindShim(environment) is { } shim
        ? new DoctorCheck("shim", true, environment.Tilde(shim))
        : new DoctorCheck("shim", false, $"agentctl-shim is not beside this program: nothing can be launched; see eng/publish, or set {LaunchSettings.ShimVariable}");

    /// <summary>Either is well: a subreaper finds all that a cgroup would, it only takes longer to end it.</summary>
    private static DoctorCheck Containment() => new("containment", true, LaunchCgroup.Probe().Detail);

    private static DoctorCheck Processes()
    {
        try
        {
            var table = ProcessTable.Take();
            return new DoctorCheck("processes", true, $"{table.All.Count} visible in pid namespace {table.PidNamespace}");
        }
        catch (CannotLookException failure)
        {
            return new DoctorCheck("processes", false, failure.Message);
        }
    }

    private static DoctorCheck Library(string name, bool isThere, string well, string missing) => new(name, isThere, isThere ? well : missing);
}
