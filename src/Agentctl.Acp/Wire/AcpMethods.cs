namespace Agentctl.Acp;

/// <summary>Method names of protocol version 1 (the schema's <c>x-method</c>), with the legacy and unstable ones that agents still use.</summary>
public static class AcpMethods
{
    /// <summary>The protocol version that this library speaks.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>To the agent, first of all: versions and capabilities.</summary>
    public const string Initialize = "initialize";

    /// <summary>To the agent: log in by one of its methods.</summary>
    public const string Authenticate = "authenticate";

    /// <summary>To the agent, with its capability <c>auth.logout</c>.</summary>
    public const string Logout = "logout";

    /// <summary>To the agent: a new conversation.</summary>
    public const string NewSession = "session/new";

    /// <summary>To the agent, with <c>loadSession</c>: go on with one, and replay it.</summary>
    public const string LoadSession = "session/load";

    /// <summary>To the agent, with <c>sessionCapabilities.resume</c>: go on with one, without replay.</summary>
    public const string ResumeSession = "session/resume";

    /// <summary>To the agent, with <c>sessionCapabilities.list</c>.</summary>
    public const string ListSessions = "session/list";

    /// <summary>To the agent, with <c>sessionCapabilities.close</c>.</summary>
    public const string CloseSession = "session/close";

    /// <summary>To the agent, with <c>sessionCapabilities.delete</c>.</summary>
    public const string DeleteSession = "session/delete";

    /// <summary>To the agent: one turn. Answered when it is over.</summary>
    public const string Prompt = "session/prompt";

    /// <summary>To the agent, where modes were offered.</summary>
    public const string SetMode = "session/set_mode";

    /// <summary>To the agent, where options were offered.</summary>
    public const string SetConfigOption = "session/set_config_option";

    /// <summary>To the agent, legacy: in no schema any more, still offered by agents that answer <c>models</c>.</summary>
    public const string SetModel = "session/set_model";

    /// <summary>To the agent, unstable: a conversation that goes on from another.</summary>
    public const string ForkSession = "session/fork";

    /// <summary>Notification to the agent: end the turn.</summary>
    public const string Cancel = "session/cancel";

    /// <summary>Notification to the client: something of a session changed.</summary>
    public const string Update = "session/update";

    /// <summary>To the client: may this tool run?</summary>
    public const string RequestPermission = "session/request_permission";

    /// <summary>To the client, with <c>fs.readTextFile</c>.</summary>
    public const string ReadTextFile = "fs/read_text_file";

    /// <summary>To the client, with <c>fs.writeTextFile</c>.</summary>
    public const string WriteTextFile = "fs/write_text_file";

    /// <summary>To the client, with <c>terminal</c>: run a command.</summary>
    public const string CreateTerminal = "terminal/create";

    /// <summary>To the client: what a command has printed so far.</summary>
    public const string TerminalOutput = "terminal/output";

    /// <summary>To the client: answered when a command has ended.</summary>
    public const string WaitForTerminalExit = "terminal/wait_for_exit";

    /// <summary>To the client: end a command, keep its output.</summary>
    public const string KillTerminal = "terminal/kill";

    /// <summary>To the client: end a command and forget it.</summary>
    public const string ReleaseTerminal = "terminal/release";

    /// <summary>To the client, with <c>elicitation</c>: ask a person.</summary>
    public const string CreateElicitation = "elicitation/create";

    /// <summary>Notification to the client: what a person was asked at a web address is done.</summary>
    public const string CompleteElicitation = "elicitation/complete";

    /// <summary>Notification both ways: whoever sent a request does not want its answer any more.</summary>
    public const string CancelRequest = "$/cancel_request";
}
