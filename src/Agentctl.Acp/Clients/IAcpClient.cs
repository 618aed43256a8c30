namespace Agentctl.Acp;

/// <summary>A client, as an agent sees it. What is not offered in <see cref="ClientCapabilities"/> need not be implemented: it is answered with -32601.</summary>
public interface IAcpClient
{
    /// <summary><c>session/update</c>. In the order of the wire; must not block.</summary>
    void Updated(SessionNotification notification);

    /// <summary><c>session/request_permission</c>.</summary>
    ValueTask<PermissionResponse> RequestPermission(RequestPermissionRequest request, CancellationToken cancellationToken);

    /// <summary><c>fs/read_text_file</c>.</summary>
    ValueTask<ReadTextFileResponse> ReadTextFile(ReadTextFileRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.ReadTextFile);

    /// <summary><c>fs/write_text_file</c>.</summary>
    ValueTask WriteTextFile(WriteTextFileRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.WriteTextFile);

    /// <summary><c>terminal/create</c>.</summary>
    ValueTask<CreateTerminalResponse> CreateTerminal(CreateTerminalRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.CreateTerminal);

    /// <summary><c>terminal/output</c>.</summary>
    ValueTask<TerminalOutputResponse> TerminalOutput(TerminalReference terminal, CancellationToken cancellationToken) => throw Unknown(AcpMethods.TerminalOutput);

    /// <summary><c>terminal/wait_for_exit</c>.</summary>
    ValueTask<TerminalExit> WaitForTerminalExit(TerminalReference terminal, CancellationToken cancellationToken) => throw Unknown(AcpMethods.WaitForTerminalExit);

    /// <summary><c>terminal/kill</c>.</summary>
    ValueTask KillTerminal(TerminalReference terminal, CancellationToken cancellationToken) => throw Unknown(AcpMethods.KillTerminal);

    /// <summary><c>terminal/release</c>.</summary>
    ValueTask ReleaseTerminal(TerminalReference terminal, CancellationToken cancellationToken) => throw Unknown(AcpMethods.ReleaseTerminal);

    /// <summary><c>elicitation/create</c>.</summary>
    ValueTask<ElicitationResponse> CreateElicitation(ElicitationRequest request, CancellationToken cancellationToken) => throw Unknown(AcpMethods.CreateElicitation);

    /// <summary><c>elicitation/complete</c>.</summary>
    void ElicitationCompleted(ElicitationComplete notification)
    {
    }

    private static AcpErrorException Unknown(string method) => new(AcpHandlers.NotFound(method));
}
