using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>How the start of an agent went.</summary>
internal abstract record AgentStart
{
    private AgentStart()
    {
    }

    public sealed record Ready(AgentRun Run) : AgentStart;

    /// <param name="Type">The problem's type for scripts.</param>
    /// <param name="Problem">What, which, what next.</param>
    public sealed record Failed(string Type, string Problem, Refusal.NoSlot? NoSlot = null) : AgentStart;
}

/// <summary>One living agent of an ACP session: its launch, and the conversation with it.</summary>
internal sealed class AgentRun : IAsyncDisposable
{
    private static readonly TimeSpan KillAfter = TimeSpan.FromMilliseconds(1500);

    /// <summary>How long a shim that was told to end its agent may take for it. One that is mute is waited for no longer.</summary>
    private static readonly TimeSpan ShimPatience = TimeSpan.FromSeconds(20);

    private readonly ShimConnection attached;
    private readonly ShimTransport transport;
    private readonly LaunchStop stop;
    private readonly LaunchStore store;
    private readonly AcpAgent agent;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task watching = Task.CompletedTask;

    private AgentRun(AcpAgent agent, string launchId, ShimConnection attached, ShimTransport transport, IAcpHandler handler, LaunchStop stop, LaunchStore store)
    {
        this.agent = agent;
        this.attached = attached;
        this.transport = transport;
        this.stop = stop;
        this.store = store;
        LaunchId = launchId;
        Connection = AcpConnection.Create(transport, handler, idPrefix: $"{Guid.NewGuid().ToString("n")[..6]}-");
        Peer = new AgentPeer(Connection);
        Ended = ended.Task;
    }

    /// <summary>Begins to read what it writes: when whoever takes it knows it, and expects what may stand there already.</summary>
    public void Begin()
    {
        Connection.Begin();
        watching = WatchEnd();
    }

    public string LaunchId { get; }
    public AcpConnection Connection { get; }
    public AgentPeer Peer { get; }

    /// <summary>When its shim is gone and all of its output was read.</summary>
    public Task Ended { get; }

    public AgentCapabilities Capabilities { get; private set; } = new();

    /// <summary>What it offers to be set; null when a driver before this one was told.</summary>
    public AcpOffers? Offers { get; set; }

    /// <summary>Why nothing more of it is read although it has not ended; null while it is read.</summary>
    public string? BrokenBy => Connection.IsOver && !transport.HasEnded ? Connection.EndReason ?? "the connection has ended" : null;

    /// <summary>What it wrote that was no message, as the end of a sentence; empty when everything was.</summary>
    public string Junk =>
        (Connection.FirstJunk is { } first ? $"; {Connection.JunkLines} {(Connection.JunkLines == 1 ? "line" : "lines")} of its output could not be read as messages, the first begins: {first}" : "")
        + (transport.Unfinished() is { } rest ? $"; {rest.Bytes} {(rest.Bytes == 1 ? "byte" : "bytes")} of its output are not followed by a line feed, so they are no message yet; they begin: {rest.Begins}" : "");

    /// <summary>How far its output goes by now.</summary>
    public long OutputEnd => transport.OutputEnd;

    /// <summary>The newest message did not reach it.</summary>
    public bool WasRefused => transport.WasRefused;

    /// <summary>Whoever goes on with it begins to read here, at the earliest: what stands before may be given back to the disk.</summary>
    public void NeedFrom(long offset) => transport.NeededFrom = Math.Max(transport.NeededFrom, Math.Min(offset, transport.ReadTo));

    /// <summary>It has ended, and had not taken a byte of a request that was written to it, nor of what came after that.</summary>
    public bool NeverRead(RequestId request)
    {
        if (store.Find(LaunchId)?.Exit is not { UnreadInput: > 0 and var unread } || InputKeys.Read(store.Places.Of(LaunchId)) is not { } keys)
        {
            return false;
        }

        var since = keys.SkipWhile(one => one.Key != ShimTransport.KeyOf(request)).ToList();
        return since.Count > 0 && unread >= since.Sum(static one => (long)(one.Length ?? int.MaxValue));
    }

    public bool IsAnswered(long requestPosition) => transport.IsAnswered(requestPosition);

    public bool IsWritten(RequestId request) => transport.IsWritten(ShimTransport.KeyOf(request));

    /// <summary>It once sent something after the end of a turn: ends of turns are waited for longer then.</summary>
    public bool HasBeenLate { get; set; }

    /// <summary>Speaks to the agent of a launch.</summary>
    /// <param name="position">Where in its output to begin.</param>
    /// <returns>Null when nobody answers there any more.</returns>
    public static async Task<AgentRun?> Open(
        AcpAgent agent, string launchId, long position, IAcpHandler handler, AcpShared shared, Action grew, CancellationToken cancellationToken)
    {
        if (await ShimConnection.TryOpen(shared.Places, launchId, cancellationToken).ConfigureAwait(false) is not { } attached)
        {
            await EndUnreachable(launchId, shared, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (!await attached.Attach(cancellationToken).ConfigureAwait(false))
        {
            attached.Dispose();
            await EndUnreachable(launchId, shared, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (await ShimConnection.TryOpen(shared.Places, launchId, cancellationToken).ConfigureAwait(false) is not { } input)
        {
            attached.Dispose();
            return null;
        }

        ShimTransport? opened = null;
        try
        {
            opened = ShimTransport.TryOpen(shared.Places, launchId, input, position, shared.Growth, grew);
        }
        finally
        {
            if (opened is null)
            {
                attached.Dispose();
                input.Dispose();
            }
        }

        if (opened is null)
        {
            await EndUnreachable(launchId, shared, cancellationToken).ConfigureAwait(false);
            return null;
        }

        return new AgentRun(agent, launchId, attached, opened, handler, shared.Stop, shared.Launches);
    }

    /// <summary>An agent whose shim lives and does not answer would wait for ever: nobody can speak to it.</summary>
    private static async Task EndUnreachable(string launchId, AcpShared shared, CancellationToken cancellationToken)
    {
        if (shared.Launches.Find(launchId) is { Standing: LaunchStanding.Held } launch)
        {
            await shared.Stop.Stop(launch, KillAfter, StopRecord.Undertaker, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What was agreed with it before this daemon was.</summary>
    /// <param name="capabilities">As the journal holds them.</param>
    /// <param name="modelOption">The id of its option that is the model, if it has one.</param>
    public void Recall(JsonElement? capabilities, string? modelOption)
    {
        Capabilities = capabilities is { ValueKind: JsonValueKind.Object } known ? AgentCapabilities.Read(known) : new AgentCapabilities();
        ModelOption = modelOption;
    }

    /// <summary>Recalled: the id of its option that is the model; null when it has none, or none is known.</summary>
    public string? ModelOption { get; private set; }

    /// <summary>The first words.</summary>
    /// <returns>What is wrong, or null.</returns>
    public async Task<AgentStart.Failed?> Initialize(AcpRecord record, AcpConfig config, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var answer = await Asked(
            "initialize",
            agent.StartPatience,
            token => Peer.Initialize(
                new InitializeRequest
                {
                    ClientCapabilities = new ClientCapabilities
                    {
                        ReadTextFile = !record.NoFs, WriteTextFile = !record.NoFs, Terminal = !record.NoTerminal, BooleanConfigOptions = true, Notices = true, Compaction = true,
                    },
                    ClientInfo = new Implementation(agent.ClientName ?? "agentctl", BuildStamp.Version, "agentctl"),
                },
                token),
            cancellationToken).ConfigureAwait(false);
        if (answer.Problem is { } problem)
        {
            return problem;
        }

        var said = answer.Value!;
        if (said.ProtocolVersion != AcpMethods.ProtocolVersion)
        {
            return new AgentStart.Failed("/problems/agent-failed", $"{agent.Name} speaks version {said.ProtocolVersion} of the protocol, and agentctl version {AcpMethods.ProtocolVersion}.");
        }

        Capabilities = said.AgentCapabilities;
        authMethods = said.AuthMethods;
        credential = said.AuthMethods.FirstOrDefault(method => method.TerminalArgs is null && AcpCredentials.Has(method.Id, config, environment))?.Id;
        return null;
    }

    private IReadOnlyList<AuthMethod> authMethods = [];
    private string? credential;

    /// <summary>Asks for a session; logs in and asks again when the agent wants that.</summary>
    public async Task<(T? Value, AgentStart.Failed? Problem)> InSession<T>(string method, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        var first = await Asked(method, agent.SessionPatience, ask, cancellationToken).ConfigureAwait(false);
        if (first.Error is not { Code: AcpError.AuthenticationRequired } refused)
        {
            return (first.Value, first.Problem);
        }

        if (credential is null)
        {
            var methods = string.Join(", ", authMethods.Select(static method => $"{method.Id} ({method.Name})"));
            return (null, new AgentStart.Failed(
                "/problems/auth-required",
                $"{agent.Name} wants you to log in: {refused.Message}. {(methods.Length > 0 ? $"It knows: {methods}. " : "")}Log in with the agent's own command, or give a key: AGENTCTL_AUTH_<METHOD> in the environment, or \"acp_auth\" in config.json."));
        }

        var login = await Asked("authenticate", agent.StartPatience, async token =>
        {
            await Peer.Authenticate(credential, token).ConfigureAwait(false);
            return new Empty();
        }, cancellationToken).ConfigureAwait(false);
        if (login.Problem is { } problem)
        {
            return (null, problem with { Type = "/problems/auth-required" });
        }

        var second = await Asked(method, agent.SessionPatience, ask, cancellationToken).ConfigureAwait(false);
        return (second.Value, second.Problem);
    }

    /// <summary>Ends it in its own way: its input is closed, then it is asked, then it is killed. Verified.</summary>
    public async Task<Launch?> Finish(string by, bool force, CancellationToken cancellationToken)
    {
        using (var shim = await ShimConnection.TryOpen(store.Places, LaunchId, cancellationToken).ConfigureAwait(false))
        {
            if (shim is not null)
            {
                await shim.Finish(force ? TimeSpan.Zero : agent.EndPatience, force ? TimeSpan.Zero : agent.EndPatience + KillAfter, by, cancellationToken).ConfigureAwait(false);
            }
        }

        // The shim is on its way; where there is none, what it left is ended here.
        return store.Find(LaunchId) is { } launch ? (await stop.Stop(launch, KillAfter, by, cancellationToken).ConfigureAwait(false)).Launch : null;
    }

    /// <summary>Waits until it is gone; lets go of a shim that does not answer.</summary>
    public async Task WaitForEnd(CancellationToken cancellationToken)
    {
        try
        {
            await Ended.WaitAsync(ShimPatience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            attached.Dispose();
            await Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().ConfigureAwait(false);
        attached.Dispose();
        await watching.ConfigureAwait(false);
    }

    private async Task WatchEnd()
    {
        try
        {
            await attached.Ended(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception left) when (left is ObjectDisposedException or IOException or System.Net.Sockets.SocketException)
        {
            // We left, not it.
        }

        transport.End();
        await Connection.Ended.ConfigureAwait(false);
        ended.TrySetResult();
    }

    private async Task<(T? Value, AcpError? Error, AgentStart.Failed? Problem)> Asked<T>(
        string method, TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return (await ask(limit.Token).ConfigureAwait(false), null, null);
        }
        catch (AcpErrorException refused) when (refused.Error.Code == AcpError.Disconnected)
        {
            return (null, refused.Error, new AgentStart.Failed("/problems/agent-failed", $"{agent.Name} {(BrokenBy is { } why ? $"sent something that cannot be read before it had answered {method} ({why})" : $"ended before it had answered {method}")}{Words()}{Junk}."));
        }
        catch (AcpErrorException refused)
        {
            return (null, refused.Error, new AgentStart.Failed("/problems/agent-failed", $"{agent.Name} answered {method} with an error: {refused.Message}"));
        }
        catch (FormatException nonsense)
        {
            return (null, null, new AgentStart.Failed("/problems/agent-failed", $"{agent.Name} answered {method} with something else: {nonsense.Message}"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, null, new AgentStart.Failed("/problems/timed-out", $"{agent.Name} did not answer {method} within {patience.TotalSeconds:0} s{Words()}{Junk}."));
        }
    }

    /// <summary>What it said last on its standard error.</summary>
    private string Words()
    {
        try
        {
            var said = Platform.JsonLines.Backward(Path.Combine(store.Places.Of(LaunchId), LaunchFiles.Errors)).Select(static line => System.Text.Encoding.UTF8.GetString(line.Bytes.Span)).FirstOrDefault();
            return said is null ? "" : $"; its last words: {said}";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
