namespace Agentctl.Acp;

/// <summary>An agent, as a client sees it. What is not offered in <see cref="AgentCapabilities"/> need not be implemented: it is answered with -32601.</summary>
public interface IAcpAgent
{
    /// <summary><c>initialize</c>.</summary>
    ValueTask<InitializeResponse> Initialize(InitializeRequest request, CancellationToken cancellationToken);

    /// <summary><c>session/new</c>.</summary>
    ValueTask<SessionResponse> NewSession(NewSessionRequest request, CancellationToken cancellationToken);

    /// <summary><c>session/prompt</c>: one turn.</summary>
    ValueTask<PromptResponse> Prompt(PromptRequest request, CancellationToken cancellationToken);

    /// <summary><c>session/cancel</c>: the prompt is to be answered with <see cref="StopReasons.Cancelled"/>.</summary>
    void Cancelled(SessionReference session);

    /// <summary><c>authenticate</c>.</summary>
    ValueTask Authenticate(AuthenticateRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.Authenticate);

    /// <summary><c>logout</c>.</summary>
    ValueTask Logout(CancellationToken cancellationToken) => throw Unknown(AcpMethods.Logout);

    /// <summary><c>session/load</c>.</summary>
    ValueTask<ContinuedSessionResponse> LoadSession(LoadSessionRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.LoadSession);

    /// <summary><c>session/resume</c>.</summary>
    ValueTask<ContinuedSessionResponse> ResumeSession(ResumeSessionRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.ResumeSession);

    /// <summary><c>session/fork</c>, unstable.</summary>
    ValueTask<SessionResponse> ForkSession(ForkSessionRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.ForkSession);

    /// <summary><c>session/list</c>.</summary>
    ValueTask<ListSessionsResponse> ListSessions(ListSessionsRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.ListSessions);

    /// <summary><c>session/close</c>.</summary>
    ValueTask CloseSession(SessionReference session, CancellationToken cancellationToken) => throw Unknown(AcpMethods.CloseSession);

    /// <summary><c>session/delete</c>.</summary>
    ValueTask DeleteSession(SessionReference session, CancellationToken cancellationToken) => throw Unknown(AcpMethods.DeleteSession);

    /// <summary><c>session/set_mode</c>.</summary>
    ValueTask SetMode(SetModeRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.SetMode);

    /// <summary><c>session/set_model</c>, legacy.</summary>
    ValueTask SetModel(SetModelRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.SetModel);

    /// <summary><c>session/set_config_option</c>.</summary>
    ValueTask<ConfigOptions> SetConfigOption(SetConfigOptionRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.SetConfigOption);

    private static AcpErrorException Unknown(string method) => new(AcpHandlers.NotFound(method));
}
