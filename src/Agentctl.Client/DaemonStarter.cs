using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Client;

/// <summary>Starts agentctld on first need. Callers that race all get the one daemon that wins.</summary>
public static class DaemonStarter
{
    /// <summary>Names another executable than the one beside ours.</summary>
    public const string ExecutableVariable = "AGENTCTL_DAEMON_EXE";

    /// <summary>How long a daemon may take from its start to its first answer before a command answers in process.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The same for a command whose purpose is the daemon. One that dies is reported at once.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    /// <summary>The running daemon, started if there was none.</summary>
    public static async Task<StartOutcome> Ensure(AgentEnvironment environment, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        var found = await DaemonConnection.TryConnect(environment, cancellationToken, patience).ConfigureAwait(false);
        return found is ConnectOutcome.Down
            ? await Start(environment, patience ?? Patience, cancellationToken).ConfigureAwait(false)
            : Told(found, wasStarted: false, environment);
    }

    /// <summary>The executable that would be started, or null.</summary>
    public static string? Executable(AgentEnvironment environment)
    {
        var path = environment[ExecutableVariable] ?? Path.Combine(AppContext.BaseDirectory, "agentctld");
        return File.Exists(path) ? Path.GetFullPath(path) : null;
    }

    private static async Task<StartOutcome> Start(AgentEnvironment environment, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (Executable(environment) is not { } executable)
        {
            return new StartOutcome.Failed(
                $"agentctld was not found beside {Environment.ProcessPath}; set {ExecutableVariable} to its path, or AGENTCTL_NO_DAEMON=1 to do without");
        }

        try
        {
            using var started = DetachedProcess.Start(executable, [], EnvironmentOf(environment), "/");
            return await Readiness(started, executable, environment, patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new StartOutcome.Failed(failure.Message);
        }
    }

    /// <summary>It says one line when it listens, or when another one does, or why neither happened.</summary>
    private static async Task<StartOutcome> Readiness(
        DetachedProcess started, string executable, AgentEnvironment environment, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        string said;
        try
        {
            said = await ReadToEnd(started.Channel, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StartOutcome.Failed($"{executable} is running but was not ready after {patience.TotalSeconds:0} s; {SeeLog(environment)}");
        }

        if (said.StartsWith("failed ", StringComparison.Ordinal))
        {
            return new StartOutcome.Failed(said["failed ".Length..].TrimEnd());
        }

        if (said.StartsWith("ready", StringComparison.Ordinal))
        {
            var found = await DaemonConnection.TryConnect(environment, cancellationToken, patience).ConfigureAwait(false);
            return Told(found, wasStarted: true, environment);
        }

        return new StartOutcome.Failed($"{executable} ended before it was ready; {SeeLog(environment)}");
    }

    private static async Task<string> ReadToEnd(Socket channel, CancellationToken cancellationToken)
    {
        var said = new byte[4096];
        var length = 0;
        try
        {
            while (length < said.Length
                && await channel.ReceiveAsync(said.AsMemory(length), SocketFlags.None, cancellationToken).ConfigureAwait(false) is > 0 and var more)
            {
                length += more;
            }
        }
        catch (SocketException)
        {
            // Reset when it died: what it said until then is all it said.
        }

        return Encoding.UTF8.GetString(said, 0, length);
    }

    private static StartOutcome Told(ConnectOutcome found, bool wasStarted, AgentEnvironment environment) => found switch
    {
        ConnectOutcome.Up up => new StartOutcome.Up(up.Client, wasStarted),
        ConnectOutcome.OtherEnvironment other => new StartOutcome.OtherEnvironment(other.Client),
        ConnectOutcome.Down => new StartOutcome.Failed($"agentctld was ready and is gone again; {SeeLog(environment)}"),
        _ => new StartOutcome.Failed(found.ToString()),
    };

    private static string SeeLog(AgentEnvironment environment) => $"see {DaemonProtocol.LogPath(environment.AgentctlHome)}";

    private static Dictionary<string, string> EnvironmentOf(AgentEnvironment environment)
    {
        var variables = InheritedEnvironment.Of(environment.Variables);
        foreach (var (name, value) in DaemonProtocol.EffectivePlaces(environment))
        {
            if (value is not null)
            {
                variables[name] = value;
            }
        }

        variables["AGENTCTL_HOME"] = environment.AgentctlHome;
        variables[DaemonProtocol.ChannelVariable] = DetachedProcess.ChannelDescriptor.ToString();
        return variables;
    }
}
