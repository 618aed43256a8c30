using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Acp.Tests;

public sealed class ConnectionTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Handler client = new();
    private readonly Handler agent = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_of_both_sides_with_the_same_id_are_told_apart()
    {
        await using var pair = new Pair(client, agent);
        client.Answer = static (_, _) => new(AcpReply.Of(new ReadTextFileResponse("of the client")));
        agent.Answer = async (_, stop) =>
        {
            var read = await new ClientPeer(pair.Agent).ReadTextFile(new ReadTextFileRequest("s", "/a"), stop);
            return AcpReply.Of(new PromptResponse(read.Content));
        };

        var answer = await new AgentPeer(pair.Client).Prompt(new PromptRequest("s", []), Stop).WaitAsync(Deadline);

        Assert.Equal("of the client", answer.StopReason);
    }

    [Fact]
    public async Task An_unknown_request_is_answered_and_names_the_method()
    {
        await using var pair = new Pair(client, agent);
        var refused = await Assert.ThrowsAsync<AcpErrorException>(() => pair.Client.Request<Empty, Empty>("of/tomorrow", new Empty(), Stop).WaitAsync(Deadline));
        Assert.Equal(AcpError.MethodNotFound, refused.Error.Code);
        Assert.Equal("of/tomorrow", refused.Error.Data!.Value.GetProperty("method").GetString());
    }

    [Fact]
    public async Task Bad_params_are_answered_with_32602()
    {
        await using var pair = new Pair(client, agent);
        agent.Answer = static (request, _) => new(AcpReply.Of(new SessionResponse(request.As<NewSessionRequest>().Cwd)));
        var refused = await Assert.ThrowsAsync<AcpErrorException>(() => pair.Client.Request<SessionResponse, Empty>(AcpMethods.NewSession, new Empty(), Stop).WaitAsync(Deadline));
        Assert.Equal(AcpError.InvalidParams, refused.Error.Code);
    }

    [Fact]
    public async Task Notifications_come_in_order_and_before_the_answer_that_followed_them()
    {
        await using var pair = new Pair(client, agent);
        agent.Answer = async (_, stop) =>
        {
            for (var i = 0; i < 500; i++)
            {
                await pair.Agent.Notify("x/n", new SessionReference(i.ToString()), stop);
            }

            return AcpReply.Done;
        };

        await pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline);

        var seen = new List<string>();
        while (client.Told.Reader.TryRead(out var told))
        {
            seen.Add(told.As<SessionReference>().SessionId);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(static i => i.ToString()), seen);
    }

    [Fact]
    public async Task Giving_up_tells_the_other_side_which_answers_once_with_32800()
    {
        await using var pair = new Pair(client, agent);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Answer = async (_, stop) =>
        {
            await using var told = stop.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, stop);
            return AcpReply.Done;
        };
        using var giveUp = new CancellationTokenSource();

        var asked = pair.Client.Request<Empty, Empty>("x", new Empty(), giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await cancelled.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task The_clients_cancel_ends_a_request_of_the_agent_too()
    {
        await using var pair = new Pair(client, agent);
        client.Answer = static async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return AcpReply.Done;
        };
        var answered = pair.Agent.Expect(RequestId.Of("q"));
        await pair.FromAgent("""{"jsonrpc":"2.0","id":"q","method":"x"}""" + "\n");
        await pair.FromAgent("""{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":"q"}}""" + "\n");

        Assert.Equal(AcpError.Cancelled, (await Assert.ThrowsAsync<AcpErrorException>(() => answered.WaitAsync(Deadline))).Error.Code);
    }

    [Theory]
    [InlineData("this is no JSON")]
    [InlineData("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"}]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":{\"a\":1},\"method\":\"x\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}} trailing")]
    public async Task Junk_is_counted_and_the_conversation_goes_on(string junk)
    {
        await using var pair = new Pair(client, agent);
        agent.Answer = static (_, _) => new(AcpReply.Done);
        await pair.FromAgent(junk + "\n");
        await pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline);
        Assert.Equal(1, pair.Client.JunkLines);
    }

    /// <summary>Half a character in an id, a method or a text is no reason to stop listening.</summary>
    [Fact]
    public async Task A_text_that_was_cut_within_a_character_is_taken()
    {
        await using var pair = new Pair(client, agent);
        agent.Answer = static (_, _) => new(AcpReply.Done);
        var asked = new TaskCompletionSource<string>();
        client.Answer = (request, _) =>
        {
            asked.TrySetResult(request.Params.GetProperty("text").GetString()!);
            return new(AcpReply.Done);
        };
        await pair.FromAgent("""{"jsonrpc":"2.0","method":"\ud83d","params":{}}""" + "\n");
        await pair.FromAgent("""{"jsonrpc":"2.0","id":"\udc00","method":"x\ud83d","params":{"text":"cut \ud83d"}}""" + "\n");
        await pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline);
        Assert.Equal("cut \ufffd", await asked.Task.WaitAsync(Deadline));
        Assert.Equal(0, pair.Client.JunkLines);
    }

    [Fact]
    public async Task An_answer_that_nobody_waits_for_is_ignored_and_one_that_is_torn_fails_its_request()
    {
        await using var pair = new Pair(client, agent);
        await pair.FromAgent("""{"jsonrpc":"2.0","id":77,"result":{}}""" + "\n");
        agent.Answer = async (request, _) =>
        {
            await pair.FromAgent("""{"jsonrpc":"2.0","id":ID,"result":{},"error":{"code":1,"message":"both"}}""".Replace("ID", request.Id.ToString(), StringComparison.Ordinal) + "\n");
            return new AcpReply.None();
        };
        var failed = await Assert.ThrowsAsync<AcpErrorException>(() => pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline));
        Assert.Equal(AcpError.InvalidRequest, failed.Error.Code);
    }

    [Fact]
    public async Task The_end_of_the_other_side_fails_what_was_asked()
    {
        var pair = new Pair(client, agent);
        agent.Answer = static async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return AcpReply.Done;
        };
        var asked = pair.Client.Request<Empty, Empty>("x", new Empty(), Stop);
        await pair.Agent.DisposeAsync();
        Assert.Equal(AcpError.Disconnected, (await Assert.ThrowsAsync<AcpErrorException>(() => asked.WaitAsync(Deadline))).Error.Code);
        await pair.DisposeAsync();
    }

    /// <summary>The defect of a handler, or a disk that is full, has nothing to do with the other side: the reason says what failed.</summary>
    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(ArgumentNullException))]
    public async Task Handler_that_fails_fails_what_was_asked_with_its_reason(Type kind)
    {
        var failing = new Failing((Exception)Activator.CreateInstance(kind)!);
        await using var pair = new Pair(failing, agent);
        agent.Answer = async (_, stop) =>
        {
            await pair.Agent.Notify("x/n", new SessionReference("s"), stop);
            await Task.Delay(Timeout.Infinite, stop);
            return AcpReply.Done;
        };

        var failed = await Assert.ThrowsAsync<AcpErrorException>(() => pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline));

        Assert.True(pair.Client.IsOver);
        Assert.Equal(AcpError.Disconnected, failed.Error.Code);
        Assert.StartsWith("a message could not be handled: ", failed.Error.Message, StringComparison.Ordinal);
        await pair.Client.Ended.WaitAsync(Deadline);
        Assert.Equal(failed.Error.Message, pair.Client.EndReason);
    }

    [Fact]
    public async Task What_is_expected_after_the_end_fails_at_once()
    {
        await using var connection = AcpConnection.Start(StdioTransport.Of(new MemoryStream(), Stream.Null), client);
        await connection.Ended.WaitAsync(Deadline);
        await Assert.ThrowsAsync<AcpErrorException>(() => connection.Expect(RequestId.Of(1)).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Request_whose_answer_cannot_be_written_is_answered_with_an_error()
    {
        await using var pair = new Pair(client, agent);
        client.Answer = static (_, _) => new(AcpReply.Of(new Unwritable()));
        var refused = await Assert.ThrowsAsync<AcpErrorException>(() => pair.Agent.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline));
        Assert.Equal(AcpError.InternalError, refused.Error.Code);
    }

    /// <summary>Bytes that are not UTF-8, and a byte order mark, are repaired; NUL and other framings are no messages, and the first is named.</summary>
    [Fact]
    public async Task Bytes_that_are_no_text_are_repaired_and_what_is_no_message_is_named()
    {
        await using var pair = new Pair(client, agent);
        agent.Answer = static (_, _) => new(AcpReply.Done);
        await pair.FromAgent([0xEF, 0xBB, 0xBF, .. """{"jsonrpc":"2.0","method":"bom","params":{}}"""u8, (byte)'\n']);
        await pair.FromAgent([.. """{"jsonrpc":"2.0","method":"a"""u8, 0xE9, .. """ ","params":{"sessionId":"x"""u8, 0xFF, 0xC3, .. "\"}}\n"u8]);
        await pair.FromAgent("Content-Length: 44\r\n\r\n{\n  \"jsonrpc\": \"2.0\"\n}\n");
        await pair.FromAgent([.. "{\"jsonrpc\":\"2.0\",\"method\":\"n"u8, 0, .. "ul\"}\n"u8]);
        await pair.Client.Request<Empty, Empty>("x", new Empty(), Stop).WaitAsync(Deadline);

        Assert.True(client.Told.Reader.TryRead(out var first));
        Assert.True(client.Told.Reader.TryRead(out var second));
        Assert.Equal(("bom", "a\uFFFD ", "x\uFFFD\uFFFD"), (first.Method, second.Method, second.As<SessionReference>().SessionId));
        Assert.Equal((5, "Content-Length: 44"), (pair.Client.JunkLines, pair.Client.FirstJunk));
    }

    [Fact]
    public async Task A_line_that_is_too_long_ends_the_connection_with_a_reason()
    {
        await using var connection = AcpConnection.Start(StdioTransport.Of(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 2000))), Stream.Null, limitBytes: 1000), client);
        await connection.Ended.WaitAsync(Deadline);
        Assert.Contains("more than 1000 bytes", connection.EndReason, StringComparison.Ordinal);
    }

    /// <summary>However the bytes arrive, the same lines come out, each with its place.</summary>
    [Fact]
    public void Lines_survive_every_way_of_being_torn() => Prop.ForAll(
        Gen.Elements("""{"a":"é"}""", "", "  ", "junk", "{\"text\":\"日本語 😀\"}", "x\r").ListOf().ToArbitrary(),
        Gen.Choose(1, 7).ListOf().ToArbitrary(),
        Gen.Elements(true, false).ToArbitrary(),
        static (lines, cuts, endsWithFeed) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + (endsWithFeed ? "\n" : ""));
            var splitter = new LineSplitter();
            var seen = new List<AcpLine>();
            var at = 0;
            foreach (var cut in cuts.Concat(Enumerable.Repeat(3, bytes.Length)))
            {
                var length = Math.Min(cut, bytes.Length - at);
                splitter.Add(bytes.AsSpan(at, length));
                at += length;
                while (splitter.Next() is { } line)
                {
                    seen.Add(line);
                }
            }

            if (splitter.Rest() is { } rest)
            {
                seen.Add(rest);
            }

            var expected = lines.Select(static line => line.Trim(' ', '\r')).Where(static line => line.Length > 0);
            Assert.Equal(expected, seen.Select(static line => Encoding.UTF8.GetString(line.Bytes.Span)));
            Assert.All(seen, line => Assert.StartsWith(Encoding.UTF8.GetString(line.Bytes.Span).TrimStart(), Encoding.UTF8.GetString(bytes, (int)line.Position, (int)(line.End - line.Position)).TrimStart(), StringComparison.Ordinal));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Client_and_agent_speak_every_method()
    {
        var methods = new List<string>();
        IAcpHandler recording = new Recording(methods);
        await using var pair = new Pair(recording, recording);
        var (toAgent, toClient) = (new AgentPeer(pair.Client), new ClientPeer(pair.Agent));

        await toAgent.Initialize(new InitializeRequest(), Stop);
        await toAgent.Authenticate("key", Stop);
        await toAgent.Logout(Stop);
        await toAgent.NewSession(new NewSessionRequest("/p", []), Stop);
        await toAgent.LoadSession(new LoadSessionRequest("s", "/p", []), Stop);
        await toAgent.ResumeSession(new ResumeSessionRequest("s", "/p"), Stop);
        await toAgent.ForkSession(new ForkSessionRequest("s", "/p"), Stop);
        await toAgent.ListSessions(new ListSessionsRequest(), Stop);
        await toAgent.CloseSession("s", Stop);
        await toAgent.DeleteSession("s", Stop);
        await toAgent.SetMode("s", "m", Stop);
        await toAgent.SetModel("s", "m", Stop);
        await toAgent.SetConfigOption(new SetConfigOptionRequest("s", "c", "v"), Stop);
        await toAgent.Prompt(new PromptRequest("s", []), Stop);
        await toClient.RequestPermission(new RequestPermissionRequest("s", new ToolCallUpdate { ToolCallId = "c" }, []), Stop);
        await toClient.ReadTextFile(new ReadTextFileRequest("s", "/p"), Stop);
        await toClient.WriteTextFile(new WriteTextFileRequest("s", "/p", ""), Stop);
        await toClient.CreateTerminal(new CreateTerminalRequest("s", "x"), Stop);
        await toClient.TerminalOutput(new TerminalReference("s", "t"), Stop);
        await toClient.WaitForTerminalExit(new TerminalReference("s", "t"), Stop);
        await toClient.KillTerminal(new TerminalReference("s", "t"), Stop);
        await toClient.ReleaseTerminal(new TerminalReference("s", "t"), Stop);
        await toClient.CreateElicitation(new ElicitationRequest { Mode = "form", Message = "m", SessionId = "s", RequestedSchema = JsonDocument.Parse("{}").RootElement }, Stop);

        var stable = OfficialSchema.Root["$defs"]!.AsObject()
            .Where(static pair => pair.Key.EndsWith("Request", StringComparison.Ordinal) && pair.Value!["x-method"] is not null).Select(static pair => (string)pair.Value!["x-method"]!);
        Assert.Empty(stable.Except(methods));
    }

    private sealed class Failing(Exception failure) : IAcpHandler
    {
        public ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken) => throw failure;

        public void Notification(AcpIncoming notification) => throw failure;
    }

    private sealed record Unwritable : IAcpMessage<Unwritable>
    {
        public static Unwritable Read(JsonElement json) => new();

        public void Write(Utf8JsonWriter json) => throw new InvalidOperationException("unwritable");
    }

    private sealed class Recording(List<string> methods) : IAcpHandler, IAcpClient, IAcpAgent
    {
        private readonly SessionResponse session = new("s");

        public async ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken)
        {
            lock (methods)
            {
                methods.Add(request.Method);
            }

            var isForClient = request.Method.StartsWith("fs/", StringComparison.Ordinal) || request.Method.StartsWith("terminal/", StringComparison.Ordinal)
                || request.Method is AcpMethods.RequestPermission or AcpMethods.CreateElicitation;
            return await (isForClient ? AcpHandlers.Of((IAcpClient)this) : AcpHandlers.Of((IAcpAgent)this)).Request(request, cancellationToken);
        }

        public void Notification(AcpIncoming notification)
        {
        }

        public void Updated(SessionNotification notification)
        {
        }

        public void Cancelled(SessionReference reference)
        {
        }

        public ValueTask<PermissionResponse> RequestPermission(RequestPermissionRequest request, CancellationToken cancellationToken) => new(PermissionResponse.Cancelled);

        public ValueTask<ReadTextFileResponse> ReadTextFile(ReadTextFileRequest request, CancellationToken cancellationToken) => new(new ReadTextFileResponse(""));

        public ValueTask WriteTextFile(WriteTextFileRequest request, CancellationToken cancellationToken) => default;

        public ValueTask<CreateTerminalResponse> CreateTerminal(CreateTerminalRequest request, CancellationToken cancellationToken) => new(new CreateTerminalResponse("t"));

        public ValueTask<TerminalOutputResponse> TerminalOutput(TerminalReference terminal, CancellationToken cancellationToken) => new(new TerminalOutputResponse("", false));

        public ValueTask<TerminalExit> WaitForTerminalExit(TerminalReference terminal, CancellationToken cancellationToken) => new(new TerminalExit(0));

        public ValueTask KillTerminal(TerminalReference terminal, CancellationToken cancellationToken) => default;

        public ValueTask ReleaseTerminal(TerminalReference terminal, CancellationToken cancellationToken) => default;

        public ValueTask<ElicitationResponse> CreateElicitation(ElicitationRequest request, CancellationToken cancellationToken) => new(ElicitationResponse.Cancel);

        public ValueTask<InitializeResponse> Initialize(InitializeRequest request, CancellationToken cancellationToken) => new(new InitializeResponse());

        public ValueTask<SessionResponse> NewSession(NewSessionRequest request, CancellationToken cancellationToken) => new(session);

        public ValueTask<PromptResponse> Prompt(PromptRequest request, CancellationToken cancellationToken) => new(new PromptResponse(StopReasons.EndTurn));

        public ValueTask Authenticate(AuthenticateRequest request, CancellationToken cancellationToken) => default;

        public ValueTask Logout(CancellationToken cancellationToken) => default;

        public ValueTask<ContinuedSessionResponse> LoadSession(LoadSessionRequest request, CancellationToken cancellationToken) => new(new ContinuedSessionResponse());

        public ValueTask<ContinuedSessionResponse> ResumeSession(ResumeSessionRequest request, CancellationToken cancellationToken) => new(new ContinuedSessionResponse());

        public ValueTask<SessionResponse> ForkSession(ForkSessionRequest request, CancellationToken cancellationToken) => new(session);

        public ValueTask<ListSessionsResponse> ListSessions(ListSessionsRequest request, CancellationToken cancellationToken) => new(new ListSessionsResponse([]));

        public ValueTask CloseSession(SessionReference reference, CancellationToken cancellationToken) => default;

        public ValueTask DeleteSession(SessionReference reference, CancellationToken cancellationToken) => default;

        public ValueTask SetMode(SetModeRequest request, CancellationToken cancellationToken) => default;

        public ValueTask SetModel(SetModelRequest request, CancellationToken cancellationToken) => default;

        public ValueTask<ConfigOptions> SetConfigOption(SetConfigOptionRequest request, CancellationToken cancellationToken) => new(new ConfigOptions([]));
    }
}
