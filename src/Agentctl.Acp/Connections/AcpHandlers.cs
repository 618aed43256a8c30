using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>From methods to calls, for both sides.</summary>
public static class AcpHandlers
{
    /// <summary>Serves a client to the agent at the other end.</summary>
    public static IAcpHandler Of(IAcpClient client) => new ClientHandler(client);

    /// <summary>Serves an agent to the client at the other end.</summary>
    public static IAcpHandler Of(IAcpAgent agent) => new AgentHandler(agent);

    /// <summary>The error for a method that nobody here knows; <c>data</c> names it.</summary>
    public static AcpError NotFound(string method)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("method", method);
            json.WriteEndObject();
        }

        return new AcpError(AcpError.MethodNotFound, $"there is no method {method} here", JsonDocument.Parse(stream.ToArray()).RootElement);
    }

    private sealed class ClientHandler(IAcpClient client) : IAcpHandler
    {
        public async ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken)
        {
            switch (request.Method)
            {
                case AcpMethods.RequestPermission:
                    return AcpReply.Of(await client.RequestPermission(request.As<RequestPermissionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.ReadTextFile:
                    return AcpReply.Of(await client.ReadTextFile(request.As<ReadTextFileRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.WriteTextFile:
                    await client.WriteTextFile(request.As<WriteTextFileRequest>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.CreateTerminal:
                    return AcpReply.Of(await client.CreateTerminal(request.As<CreateTerminalRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.TerminalOutput:
                    return AcpReply.Of(await client.TerminalOutput(request.As<TerminalReference>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.WaitForTerminalExit:
                    return AcpReply.Of(await client.WaitForTerminalExit(request.As<TerminalReference>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.KillTerminal:
                    await client.KillTerminal(request.As<TerminalReference>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.ReleaseTerminal:
                    await client.ReleaseTerminal(request.As<TerminalReference>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.CreateElicitation:
                    return AcpReply.Of(await client.CreateElicitation(request.As<ElicitationRequest>(), cancellationToken).ConfigureAwait(false));
                default:
                    throw new AcpErrorException(NotFound(request.Method));
            }
        }

        public void Notification(AcpIncoming notification)
        {
            switch (notification.Method)
            {
                case AcpMethods.Update:
                    client.Updated(notification.As<SessionNotification>());
                    break;
                case AcpMethods.CompleteElicitation:
                    client.ElicitationCompleted(notification.As<ElicitationComplete>());
                    break;
            }
        }
    }

    private sealed class AgentHandler(IAcpAgent agent) : IAcpHandler
    {
        public async ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken)
        {
            switch (request.Method)
            {
                case AcpMethods.Initialize:
                    return AcpReply.Of(await agent.Initialize(request.As<InitializeRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.Authenticate:
                    await agent.Authenticate(request.As<AuthenticateRequest>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.Logout:
                    await agent.Logout(cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.NewSession:
                    return AcpReply.Of(await agent.NewSession(request.As<NewSessionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.LoadSession:
                    return AcpReply.Of(await agent.LoadSession(request.As<LoadSessionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.ResumeSession:
                    return AcpReply.Of(await agent.ResumeSession(request.As<ResumeSessionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.ForkSession:
                    return AcpReply.Of(await agent.ForkSession(request.As<ForkSessionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.ListSessions:
                    return AcpReply.Of(await agent.ListSessions(request.As<ListSessionsRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.CloseSession:
                    await agent.CloseSession(request.As<SessionReference>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.DeleteSession:
                    await agent.DeleteSession(request.As<SessionReference>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.SetMode:
                    await agent.SetMode(request.As<SetModeRequest>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.SetModel:
                    await agent.SetModel(request.As<SetModelRequest>(), cancellationToken).ConfigureAwait(false);
                    return AcpReply.Done;
                case AcpMethods.SetConfigOption:
                    return AcpReply.Of(await agent.SetConfigOption(request.As<SetConfigOptionRequest>(), cancellationToken).ConfigureAwait(false));
                case AcpMethods.Prompt:
                    return AcpReply.Of(await agent.Prompt(request.As<PromptRequest>(), cancellationToken).ConfigureAwait(false));
                default:
                    throw new AcpErrorException(NotFound(request.Method));
            }
        }

        public void Notification(AcpIncoming notification)
        {
            if (notification.Method == AcpMethods.Cancel)
            {
                agent.Cancelled(notification.As<SessionReference>());
            }
        }
    }
}
