namespace Agentctl.Acp;

/// <summary>The agent at the other end of a client's connection.</summary>
/// <param name="connection">Not owned.</param>
public sealed class AgentPeer(AcpConnection connection)
{
    /// <summary>Must come first. A version that is not spoken here is the caller's to refuse.</summary>
    public Task<InitializeResponse> Initialize(InitializeRequest request, CancellationToken cancellationToken) =>
        connection.Request<InitializeResponse, InitializeRequest>(AcpMethods.Initialize, request, cancellationToken);

    /// <summary>Logs in by a method that the agent carries out itself.</summary>
    public Task Authenticate(string methodId, CancellationToken cancellationToken) =>
        connection.Request<Empty, AuthenticateRequest>(AcpMethods.Authenticate, new AuthenticateRequest(methodId), cancellationToken);

    /// <summary>Ends the login.</summary>
    public Task Logout(CancellationToken cancellationToken) => connection.Request<Empty, Empty>(AcpMethods.Logout, new Empty(), cancellationToken);

    /// <summary>A new conversation.</summary>
    public Task<SessionResponse> NewSession(NewSessionRequest request, CancellationToken cancellationToken) =>
        connection.Request<SessionResponse, NewSessionRequest>(AcpMethods.NewSession, request, cancellationToken);

    /// <summary>Goes on with one; its history comes first.</summary>
    public Task<ContinuedSessionResponse> LoadSession(LoadSessionRequest request, CancellationToken cancellationToken) =>
        connection.Request<ContinuedSessionResponse, LoadSessionRequest>(AcpMethods.LoadSession, request, cancellationToken);

    /// <summary>Goes on with one.</summary>
    public Task<ContinuedSessionResponse> ResumeSession(ResumeSessionRequest request, CancellationToken cancellationToken) =>
        connection.Request<ContinuedSessionResponse, ResumeSessionRequest>(AcpMethods.ResumeSession, request, cancellationToken);

    /// <summary>A new conversation that goes on from another; unstable.</summary>
    public Task<SessionResponse> ForkSession(ForkSessionRequest request, CancellationToken cancellationToken) =>
        connection.Request<SessionResponse, ForkSessionRequest>(AcpMethods.ForkSession, request, cancellationToken);

    /// <summary>One page of the sessions it knows.</summary>
    public Task<ListSessionsResponse> ListSessions(ListSessionsRequest request, CancellationToken cancellationToken) =>
        connection.Request<ListSessionsResponse, ListSessionsRequest>(AcpMethods.ListSessions, request, cancellationToken);

    /// <summary>Frees what a session holds.</summary>
    public Task CloseSession(string sessionId, CancellationToken cancellationToken) =>
        connection.Request<Empty, SessionReference>(AcpMethods.CloseSession, new SessionReference(sessionId), cancellationToken);

    /// <summary>Takes a session out of its list.</summary>
    public Task DeleteSession(string sessionId, CancellationToken cancellationToken) =>
        connection.Request<Empty, SessionReference>(AcpMethods.DeleteSession, new SessionReference(sessionId), cancellationToken);

    /// <summary>Sets a mode.</summary>
    public Task SetMode(string sessionId, string modeId, CancellationToken cancellationToken) =>
        connection.Request<Empty, SetModeRequest>(AcpMethods.SetMode, new SetModeRequest(sessionId, modeId), cancellationToken);

    /// <summary>Sets a model, the legacy way.</summary>
    public Task SetModel(string sessionId, string modelId, CancellationToken cancellationToken) =>
        connection.Request<Empty, SetModelRequest>(AcpMethods.SetModel, new SetModelRequest(sessionId, modelId), cancellationToken);

    /// <summary>Sets an option; all of them come back.</summary>
    public Task<ConfigOptions> SetConfigOption(SetConfigOptionRequest request, CancellationToken cancellationToken) =>
        connection.Request<ConfigOptions, SetConfigOptionRequest>(AcpMethods.SetConfigOption, request, cancellationToken);

    /// <summary>One turn; returns when it is over.</summary>
    public Task<PromptResponse> Prompt(PromptRequest request, CancellationToken cancellationToken, RequestId? id = null) =>
        connection.Request<PromptResponse, PromptRequest>(AcpMethods.Prompt, request, cancellationToken, id);

    /// <summary>Asks for the end of a turn; its prompt is then answered with <see cref="StopReasons.Cancelled"/>.</summary>
    public Task Cancel(string sessionId, CancellationToken cancellationToken) => connection.Notify(AcpMethods.Cancel, new SessionReference(sessionId), cancellationToken);
}
