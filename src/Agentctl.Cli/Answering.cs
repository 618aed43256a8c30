using Agentctl.Cli.Configuration;
using Agentctl.Cli.Terminals;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli;

/// <summary>
/// Finds who answers: the daemon that runs, else one that is started, else this process. Both give the same bytes, so which way it
/// was is said only with --verbose.
/// </summary>
internal sealed class Answering(AgentEnvironment environment, TimeProvider time, Terminal terminal) : IAsyncDisposable
{
    private static readonly string OwnVersion = $"{BuildStamp.Version}+{BuildStamp.Commit}";

    private readonly List<IDisposable> clients = [];
    private SessionService? own;

    public async Task<IAgentctlApi> Open(CancellationToken cancellationToken)
    {
        if (environment["AGENTCTL_NO_DAEMON"] is not (null or "0" or "false"))
        {
            terminal.Aside("no daemon is used: AGENTCTL_NO_DAEMON is set");
            return InProcess();
        }

        if (DaemonStarter.Executable(environment) is null && await DaemonConnection.TryConnect(environment, cancellationToken) is ConnectOutcome.Down)
        {
            terminal.Aside("no daemon is used: there is no agentctld beside this program");
            return InProcess();
        }

        var started = await DaemonStarter.Ensure(environment, cancellationToken);
        if (started is StartOutcome.Up { WasStarted: false, Client: { DaemonVersion: { } version } old } && version != OwnVersion)
        {
            // After an upgrade the old daemon would go on answering with the old rules. It holds nothing, so it may go.
            old.Dispose();
            terminal.Aside($"the daemon is of another build ({version}) and is restarted");
            started = await DaemonControl.Restart(environment, time, cancellationToken);
        }
        else if (started is StartOutcome.Up { WasStarted: false, Client: { ConfigFingerprint: { } read } current } && read != AgentctlConfig.FingerprintIn(environment.AgentctlHome))
        {
            // It would go on with limits and agents of before; a file that cannot be read is told here, before anything is stopped.
            _ = ConfigFile.Load(environment);
            current.Dispose();
            terminal.Aside("config.json has changed, and the daemon is restarted");
            started = await DaemonControl.Restart(environment, time, cancellationToken);
        }

        switch (started)
        {
            case StartOutcome.Up { Client: var client } up:
                clients.Add(client);
                terminal.Aside(up.WasStarted ? "the daemon was started, and answers" : "the daemon answers");
                return new DaemonOrSelf(client, InProcess, terminal.Note, new AdmissionNotice(AdmissionHolder, time, terminal.Note));
            case StartOutcome.OtherEnvironment { Client: var client }:
                client.Dispose();
                terminal.Aside("no daemon is used: the one that runs looks at other places");
                return InProcess();
            case StartOutcome.Failed failed:
                // First: a file that cannot be read stops both, and is reported once.
                var self = InProcess();
                terminal.Note($"warning: answered without the daemon: {failed.Problem}");
                return self;
            default:
                return InProcess();
        }
    }

    private string? AdmissionHolder() =>
        Admission.HolderBut("agentctld", new LaunchPlaces(environment.AgentctlHome).Admission, ProcessTable.Take());

    /// <summary>The same answers without a daemon.</summary>
    public SessionService InProcess() =>
        own ??= SessionService.Create(new SessionServiceOptions(environment, ConfigFile.Load(environment), time, Watching: false) { Notice = terminal.Note });

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients)
        {
            client.Dispose();
        }

        if (own is not null)
        {
            await own.DisposeAsync();
        }
    }
}
