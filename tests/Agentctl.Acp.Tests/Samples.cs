using System.Text.Json;
using Xunit;

namespace Agentctl.Acp.Tests;

/// <summary>One message, with the name of its definition in the protocol's schema and how it is read back.</summary>
public sealed record Sample(string Definition, Func<JsonElement, string> Again, string Json)
{
    public override string ToString() => $"{Definition} {Json}";
}

/// <summary>Every message of the protocol, small and full.</summary>
internal static class Samples
{
    private static readonly JsonElement Meta = JsonDocument.Parse("""{"traceparent":"00-1","x":{"y":[1,2]}}""").RootElement;
    private static readonly JsonElement Raw = JsonDocument.Parse("""{"command":"make test","n":9007199254740993}""").RootElement;
    private static readonly IReadOnlyList<McpServer> Servers =
    [
        new McpServer.Stdio("files", "/usr/bin/mcp-files", ["--root", "/p"], [new EnvVariable("A", "b")]),
        new McpServer.Remote("http", "web", "http://127.0.0.1:1/mcp", [new HttpHeader("X", "y")]),
        new McpServer.Remote("sse", "old", "http://127.0.0.1:1/sse", []),
    ];
    private static readonly SessionModes Modes = new("ask", [new SessionMode("ask", "Ask"), new SessionMode("code", "Code", "writes")]);
    private static readonly IReadOnlyList<ConfigOption> Options =
    [
        new() { Id = "model", Name = "Model", Category = "model", Description = "which", Value = new ConfigValue.Choice("m1", [new ConfigGroup(null, null, [new ConfigChoice("m1", "M1"), new ConfigChoice("m2", "M2", "big")])]) },
        new() { Id = "grouped", Name = "Grouped", Category = "_own", Value = new ConfigValue.Choice("a", [new ConfigGroup("g", "G", [new ConfigChoice("a", "A")])]) },
        new() { Id = "fast", Name = "Fast", Value = new ConfigValue.Switch(true) },
    ];
    private static readonly ContentBlock Text = new ContentBlock.Text("hello \u00e9\n\u2028");
    private static readonly ToolCall Call = new()
    {
        ToolCallId = "c1", Title = "Run tests", Name = "Bash", Kind = ToolKinds.Execute, Status = ToolStatuses.Completed, RawInput = Raw, RawOutput = Raw,
        Content = [new ToolCallContent.Block(Text), new ToolCallContent.Diff("/p/a", "x", "y"), new ToolCallContent.Diff("/p/new", null, "y"), new ToolCallContent.Terminal("t1")],
        Locations = [new ToolCallLocation("/p/a", 3), new ToolCallLocation("/p/b")],
    };

    public static TheoryData<Sample> All { get; } =
    [
        Of("InitializeRequest", new InitializeRequest { ClientInfo = new Implementation("agentctl", "1.0", "agentctl"), ClientCapabilities = new ClientCapabilities { ReadTextFile = true, WriteTextFile = true, Terminal = true, BooleanConfigOptions = true, Notices = true, Compaction = true, TerminalAuth = true, ElicitationForm = true, ElicitationUrl = true }, Meta = Meta }),
        Of("InitializeRequest", new InitializeRequest()),
        Of("InitializeResponse", new InitializeResponse { AgentInfo = new Implementation("a", "2"), AuthMethods = [new AuthMethod { Id = "key", Name = "Key" }, new AuthMethod { Id = "login", Name = "Login", Description = "in a terminal", TerminalArgs = ["login"], TerminalEnv = new Dictionary<string, string> { ["A"] = "b" } }], AgentCapabilities = new AgentCapabilities { LoadSession = true, Image = true, Audio = true, EmbeddedContext = true, McpHttp = true, McpSse = true, List = true, Resume = true, Close = true, Delete = true, AdditionalDirectories = true, Logout = true } }),
        Of("InitializeResponse", new InitializeResponse()),
        Of("AuthenticateRequest", new AuthenticateRequest("key")),
        Of("AuthenticateResponse", new Empty()),
        Of("LogoutRequest", new Empty(Meta)),
        Of("LogoutResponse", new Empty()),
        Of("NewSessionRequest", new NewSessionRequest("/p", Servers, ["/q"], Meta)),
        Of("NewSessionRequest", new NewSessionRequest("/p", [])),
        Of("NewSessionResponse", new SessionResponse("s1", Modes, Options)),
        Of("LoadSessionRequest", new LoadSessionRequest("s1", "/p", Servers, ["/q"], Meta)),
        Of("LoadSessionResponse", new ContinuedSessionResponse(Modes, Options)),
        Of("ResumeSessionRequest", new ResumeSessionRequest("s1", "/p", Servers, ["/q"], Meta)),
        Of("ResumeSessionResponse", new ContinuedSessionResponse()),
        Of("ListSessionsRequest", new ListSessionsRequest("/p", "next")),
        Of("ListSessionsResponse", new ListSessionsResponse([new SessionInfo("s1", "/p", "Fix", "2026-01-01T10:00:00Z", ["/q"]), new SessionInfo("s2", "/p")], "more")),
        Of("CloseSessionRequest", new SessionReference("s1")),
        Of("CloseSessionResponse", new Empty()),
        Of("DeleteSessionRequest", new SessionReference("s1")),
        Of("DeleteSessionResponse", new Empty()),
        Of("CancelNotification", new SessionReference("s1")),
        Of("SetSessionModeRequest", new SetModeRequest("s1", "code")),
        Of("SetSessionModeResponse", new Empty()),
        Of("SetSessionConfigOptionRequest", new SetConfigOptionRequest("s1", "model", "m2")),
        Of("SetSessionConfigOptionRequest", new SetConfigOptionRequest("s1", "fast", null, false)),
        Of("SetSessionConfigOptionResponse", new ConfigOptions(Options)),
        Of("PromptRequest", new PromptRequest("s1", [Text, new ContentBlock.ResourceLink("file:///p/a", "a", "A", "d", "text/plain", 12), new ContentBlock.Image("aGk=", "image/png", "file:///i"), new ContentBlock.Audio("aGk=", "audio/wav"), new ContentBlock.Resource("file:///b", "text", null, "text/plain"), new ContentBlock.Resource("file:///c", null, "aGk=")])),
        Of("PromptResponse", new PromptResponse(StopReasons.EndTurn)),
        Of("RequestPermissionRequest", new RequestPermissionRequest("s1", new ToolCallUpdate { ToolCallId = "c1", Title = "t", Kind = ToolKinds.Edit, Status = ToolStatuses.Pending, Content = Call.Content, Locations = Call.Locations, RawInput = Raw, RawOutput = Raw, Name = "Edit" }, [new PermissionOption("a", "Allow", PermissionKinds.AllowOnce), new PermissionOption("r", "No", PermissionKinds.RejectAlways)])),
        Of("RequestPermissionResponse", new PermissionResponse("a")),
        Of("RequestPermissionResponse", PermissionResponse.Cancelled),
        Of("ReadTextFileRequest", new ReadTextFileRequest("s1", "/p/a", 2, 10)),
        Of("ReadTextFileResponse", new ReadTextFileResponse("text")),
        Of("WriteTextFileRequest", new WriteTextFileRequest("s1", "/p/a", "text")),
        Of("WriteTextFileResponse", new Empty()),
        Of("CreateTerminalRequest", new CreateTerminalRequest("s1", "npm", ["t"], [new EnvVariable("CI", "1")], "/p", 65536)),
        Of("CreateTerminalResponse", new CreateTerminalResponse("t1")),
        Of("TerminalOutputRequest", new TerminalReference("s1", "t1")),
        Of("TerminalOutputResponse", new TerminalOutputResponse("out", true, new TerminalExit(0))),
        Of("WaitForTerminalExitRequest", new TerminalReference("s1", "t1")),
        Of("WaitForTerminalExitResponse", new TerminalExit(null, "SIGKILL")),
        Of("KillTerminalRequest", new TerminalReference("s1", "t1")),
        Of("ReleaseTerminalRequest", new TerminalReference("s1", "t1")),
        Of("CreateElicitationRequest", new ElicitationRequest { Mode = "form", Message = "Pick", SessionId = "s1", ToolCallId = "c1", RequestedSchema = JsonDocument.Parse("""{"type":"object","properties":{"x":{"type":"string","enum":["a"]}},"required":["x"]}""").RootElement }),
        Of("CreateElicitationRequest", new ElicitationRequest { Mode = "url", Message = "Log in", RequestId = RequestId.Of(3), ElicitationId = "e1", Url = "http://127.0.0.1/" }),
        Of("CreateElicitationResponse", new ElicitationResponse("accept", JsonDocument.Parse("""{"x":"a","n":2,"b":true,"l":["a"]}""").RootElement)),
        Of("CreateElicitationResponse", ElicitationResponse.Cancel),
        Of("CompleteElicitationNotification", new ElicitationComplete("e1")),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Chunk(SessionUpdate.Chunk.Agent, Text, "m1") { Meta = Meta })),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Chunk(SessionUpdate.Chunk.User, new ContentBlock.Text("x") { Annotations = new Annotations(["user"], 0.5, "2026-01-01T00:00:00Z") }))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Chunk(SessionUpdate.Chunk.Thought, Text))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.ToolCallBegun(Call))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.ToolCallChanged(new ToolCallUpdate { ToolCallId = "c1" }))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Plan([new PlanEntry("do", "high", "pending")]))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Commands([new AvailableCommand("web", "search", new CommandInput("what")), new AvailableCommand("x", "y")]))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.ModeChanged("code"))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.OptionsChanged(Options))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.InfoChanged(new Patch<string>(true, "t"), new Patch<string>(true, null)))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.UsageChanged(1, 18446744073709551615, new Cost(0.25, "USD")))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.Notice("warning", "t", "d"))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.CompactionChanged("k", "completed", new(true, [Text]), new(true, null)))),
        Of("SessionNotification", new SessionNotification("s1", new SessionUpdate.CompactionSummary("k", Text))),
        Of("Error", new AcpError(AcpError.MethodNotFound, "no", Raw)),
    ];

    public static string Written<T>(T message)
        where T : IAcpMessage<T>
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            message.Write(json);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Sample Of<T>(string definition, T message)
        where T : IAcpMessage<T> => new(definition, static json => Written(T.Read(json)), Written(message));
}
