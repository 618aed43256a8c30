namespace Agentctl.Acp;

/// <summary>The client at the other end of an agent's connection.</summary>
/// <param name="connection">Not owned.</param>
public sealed class ClientPeer(AcpConnection connection)
{
    /// <summary>Something of a session changed.</summary>
    public Task Update(string sessionId, SessionUpdate update, CancellationToken cancellationToken) =>
        connection.Notify(AcpMethods.Update, new SessionNotification(sessionId, update), cancellationToken);

    /// <summary>May this tool run?</summary>
    public Task<PermissionResponse> RequestPermission(RequestPermissionRequest request, CancellationToken cancellationToken) =>
        connection.Request<PermissionResponse, RequestPermissionRequest>(AcpMethods.RequestPermission, request, cancellationToken);

    /// <summary>Needs <see cref="ClientCapabilities.ReadTextFile"/>.</summary>
    public Task<ReadTextFileResponse> ReadTextFile(ReadTextFileRequest request, CancellationToken cancellationToken) =>
        connection.Request<ReadTextFileResponse, ReadTextFileRequest>(AcpMethods.ReadTextFile, request, cancellationToken);

    /// <summary>Needs <see cref="ClientCapabilities.WriteTextFile"/>.</summary>
    public Task WriteTextFile(WriteTextFileRequest request, CancellationToken cancellationToken) =>
        connection.Request<Empty, WriteTextFileRequest>(AcpMethods.WriteTextFile, request, cancellationToken);

    /// <summary>Needs <see cref="ClientCapabilities.Terminal"/>.</summary>
    public Task<CreateTerminalResponse> CreateTerminal(CreateTerminalRequest request, CancellationToken cancellationToken) =>
        connection.Request<CreateTerminalResponse, CreateTerminalRequest>(AcpMethods.CreateTerminal, request, cancellationToken);

    /// <summary>What a command has printed so far.</summary>
    public Task<TerminalOutputResponse> TerminalOutput(TerminalReference terminal, CancellationToken cancellationToken) =>
        connection.Request<TerminalOutputResponse, TerminalReference>(AcpMethods.TerminalOutput, terminal, cancellationToken);

    /// <summary>Returns when a command has ended.</summary>
    public Task<TerminalExit> WaitForTerminalExit(TerminalReference terminal, CancellationToken cancellationToken) =>
        connection.Request<TerminalExit, TerminalReference>(AcpMethods.WaitForTerminalExit, terminal, cancellationToken);

    /// <summary>Ends a command.</summary>
    public Task KillTerminal(TerminalReference terminal, CancellationToken cancellationToken) =>
        connection.Request<Empty, TerminalReference>(AcpMethods.KillTerminal, terminal, cancellationToken);

    /// <summary>Ends a command and forgets it.</summary>
    public Task ReleaseTerminal(TerminalReference terminal, CancellationToken cancellationToken) =>
        connection.Request<Empty, TerminalReference>(AcpMethods.ReleaseTerminal, terminal, cancellationToken);

    /// <summary>Needs <see cref="ClientCapabilities.ElicitationForm"/> or <see cref="ClientCapabilities.ElicitationUrl"/>.</summary>
    public Task<ElicitationResponse> CreateElicitation(ElicitationRequest request, CancellationToken cancellationToken) =>
        connection.Request<ElicitationResponse, ElicitationRequest>(AcpMethods.CreateElicitation, request, cancellationToken);

    /// <summary>What was asked at a web address is done.</summary>
    public Task ElicitationCompleted(string elicitationId, CancellationToken cancellationToken) =>
        connection.Notify(AcpMethods.CompleteElicitation, new ElicitationComplete(elicitationId), cancellationToken);
}
