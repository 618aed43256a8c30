using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Agentctl.Acp;

namespace Agentctl.ScriptedAgent;

/// <summary>
/// Plays an agent that speaks ACP. Its prompts are its script: commands with a word and a rest, separated by <c>;</c>; see
/// <see cref="Play"/>. It keeps its conversations, so that they can be loaded and resumed.
/// </summary>
internal sealed class AcpActor(AcpActorOptions options, ActorMemory memory) : IAcpAgent
{
    private readonly Dictionary<string, CancellationTokenSource> turns = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private bool isAuthenticated = options.AuthVariable is null;
    private bool hasFailed;

    /// <summary>Why the turn ends, in the agent's words.</summary>
    private string reason = StopReasons.EndTurn;

    public ClientPeer Client { get; set; } = null!;

    /// <summary>What is written to the wire besides messages.</summary>
    public Stream Wire { get; init; } = null!;

    public ValueTask<InitializeResponse> Initialize(InitializeRequest request, CancellationToken cancellationToken)
    {
        memory.Log("initialize", "");
        return options.CrashAtInitialize ? throw Leave(7) : new(new InitializeResponse
        {
            AgentCapabilities = new AgentCapabilities
            {
                LoadSession = options.Load,
                Resume = options.Resume,
                List = true,
                Close = true,
                Image = options.Image,
                EmbeddedContext = true,
                McpHttp = options.McpHttp,
            },
            AgentInfo = new Implementation("scripted", "1.0"),
            AuthMethods = options.AuthVariable is null ? [] : [new AuthMethod { Id = options.AuthVariable, Name = "A key in the environment" }],
        });
    }

    public ValueTask Authenticate(AuthenticateRequest request, CancellationToken cancellationToken)
    {
        isAuthenticated = Environment.GetEnvironmentVariable(request.MethodId) is { Length: > 0 };
        return isAuthenticated ? default : throw Fail(AcpError.InvalidParams, $"{request.MethodId} is not set");
    }

    public async ValueTask<SessionResponse> NewSession(NewSessionRequest request, CancellationToken cancellationToken)
    {
        Authenticated();
        if (!request.Cwd.StartsWith('/'))
        {
            throw Fail(AcpError.InvalidParams, "cwd must be absolute");
        }

        if (options.HangInNew)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        var id = Guid.NewGuid().ToString();
        memory.Begin(id, request.Cwd);
        memory.Log("new", $"{request.Cwd} {request.McpServers.Count}{(request.Meta is { } meta ? $" {meta.GetRawText()}" : "")}");
        return new SessionResponse(id, Modes(id), Options(id), options.LegacyModels ? new LegacyModels(memory.Setting(id, "model") ?? "m1", [new LegacyModel("m1", "M1"), new LegacyModel("m2", "M2")]) : null);
    }

    public async ValueTask<ContinuedSessionResponse> LoadSession(LoadSessionRequest request, CancellationToken cancellationToken)
    {
        Authenticated();
        if (options.RefuseLoad || !memory.Knows(request.SessionId))
        {
            throw Fail(AcpError.NotFound, $"session {request.SessionId} not found");
        }

        memory.Log("load", request.SessionId);
        foreach (var (role, text) in memory.Entries(request.SessionId))
        {
            await Client.Update(request.SessionId, new SessionUpdate.Chunk(role == "user" ? SessionUpdate.Chunk.User : SessionUpdate.Chunk.Agent, new ContentBlock.Text(text)), cancellationToken);
        }

        return new ContinuedSessionResponse(Modes(request.SessionId), Options(request.SessionId));
    }

    public ValueTask<ContinuedSessionResponse> ResumeSession(ResumeSessionRequest request, CancellationToken cancellationToken)
    {
        Authenticated();
        if (!options.Resume)
        {
            throw new AcpErrorException(AcpHandlers.NotFound(AcpMethods.ResumeSession));
        }

        memory.Log("resume", $"{request.SessionId}{(request.Meta is { } meta ? $" {meta.GetRawText()}" : "")}");
        return memory.Knows(request.SessionId)
            ? new(new ContinuedSessionResponse(Modes(request.SessionId), Options(request.SessionId)))
            : throw Fail(AcpError.NotFound, $"session {request.SessionId} not found");
    }

    public ValueTask<ListSessionsResponse> ListSessions(ListSessionsRequest request, CancellationToken cancellationToken) =>
        new(new ListSessionsResponse([.. memory.Sessions().Select(static one => new SessionInfo(one.Id, one.Cwd))]));

    public ValueTask CloseSession(SessionReference session, CancellationToken cancellationToken)
    {
        memory.Log("close", session.SessionId);
        Cancelled(session);
        return memory.Knows(session.SessionId) ? default : throw Fail(AcpError.NotFound, $"session {session.SessionId} not found");
    }

    public async ValueTask SetMode(SetModeRequest request, CancellationToken cancellationToken)
    {
        memory.Set(request.SessionId, "mode", request.ModeId is "ask" or "code" ? request.ModeId : throw Fail(AcpError.InvalidParams, $"no mode {request.ModeId}; known are ask, code"));
        memory.Log("set_mode", request.ModeId);
        await Client.Update(request.SessionId, new SessionUpdate.ModeChanged(request.ModeId), cancellationToken);
    }

    public ValueTask SetModel(SetModelRequest request, CancellationToken cancellationToken)
    {
        memory.Log("set_model", request.ModelId);
        memory.Set(request.SessionId, "model", options.LegacyModels && request.ModelId is "m1" or "m2" ? request.ModelId : throw Fail(AcpError.InvalidParams, $"no model {request.ModelId}"));
        return default;
    }

    public ValueTask<ConfigOptions> SetConfigOption(SetConfigOptionRequest request, CancellationToken cancellationToken)
    {
        var value = request.IsOn is { } on ? on ? "true" : "false" : request.Choice!;
        if (request.ConfigId is not ("model" or "fast") || (request.ConfigId == "model" && value is not ("m1" or "m2")))
        {
            throw Fail(AcpError.InvalidParams, $"no such value: {request.ConfigId}={value}");
        }

        memory.Set(request.SessionId, request.ConfigId, value);
        memory.Log("set_option", $"{request.ConfigId}={value}");
        return new(new ConfigOptions(Options(request.SessionId) ?? []));
    }

    public void Cancelled(SessionReference session)
    {
        memory.Log("cancel", session.SessionId);
        lock (gate)
        {
            if (!options.IgnoreCancel && turns.TryGetValue(session.SessionId, out var turn))
            {
                turn.Cancel();
            }
        }
    }

    public async ValueTask<PromptResponse> Prompt(PromptRequest request, CancellationToken cancellationToken)
    {
        Authenticated();
        if (!memory.Knows(request.SessionId))
        {
            throw Fail(AcpError.NotFound, $"session {request.SessionId} not found");
        }

        var text = string.Join('\n', request.Prompt.Select(static block => block is ContentBlock.Text said ? said.Value : $"[{block.GetType().Name}]"));
        memory.Log("prompt", text);
        memory.Add(request.SessionId, "user", text);
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (gate)
        {
            turns[request.SessionId] = turn;
        }

        try
        {
            var answer = new List<string>();
            foreach (var line in text.Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var word = line.Split(' ', 2) is [var first, ..] ? first : "";
                await Play(request.SessionId, word, line.Length > word.Length ? line[(word.Length + 1)..] : "", answer, turn.Token);
            }

            memory.Add(request.SessionId, "assistant", string.Concat(answer));
            memory.Log("end", text);
            return new PromptResponse(reason, new PromptUsage(30, 10, 20));
        }
        catch (OperationCanceledException) when (turn.IsCancellationRequested)
        {
            memory.Log("cancelled", text);
            return new PromptResponse(StopReasons.Cancelled);
        }
        finally
        {
            lock (gate)
            {
                turns.Remove(request.SessionId);
            }
        }
    }

    private async Task Play(string session, string word, string rest, List<string> answer, CancellationToken stop)
    {
        switch (word)
        {
            case "echo":
                await Say(rest);
                break;
            case "empty":
                break;
            case "thought":
                await Client.Update(session, new SessionUpdate.Chunk(SessionUpdate.Chunk.Thought, new ContentBlock.Text(rest)), stop);
                break;
            case "plan":
                await Client.Update(session, new SessionUpdate.Plan([new PlanEntry(rest.Length > 0 ? rest : "a step", "high", "pending")]), stop);
                break;
            case "usage":
                await Client.Update(session, new SessionUpdate.UsageChanged(1000, 200_000, new Cost(0.25, "USD")), stop);
                break;
            case "title":
                await Client.Update(session, new SessionUpdate.InfoChanged(new Patch<string>(true, rest), default), stop);
                break;
            case "unknown":
                await Raw("""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"SESSION","update":{"sessionUpdate":"_of_tomorrow","x":1}}}""".Replace("SESSION", session, StringComparison.Ordinal));
                break;
            case "tool":
                await Tool(session, "c-" + rest, rest, stop);
                break;
            case "cwd":
                await Say(Environment.CurrentDirectory);
                break;
            case "env":
                await Say(Environment.GetEnvironmentVariable(rest) ?? "(unset)");
                break;
            case "history":
                await Say(string.Join('|', memory.Entries(session).Where(static one => one.Role == "user").Select(static one => one.Text)));
                break;
            case "read":
                await Say((await Client.ReadTextFile(new ReadTextFileRequest(session, rest), stop)).Content);
                break;
            case "write" when rest.Split(' ', 2) is [var path, var content]:
                await Client.WriteTextFile(new WriteTextFileRequest(session, path, content), stop);
                await Say("written");
                break;
            case "terminal" or "kill-terminal":
                await Say(await Terminal(session, rest, kill: word == "kill-terminal", stop));
                break;
            case "permission":
                await Say(await Ask(session, rest, stop));
                break;
            case "two-permissions":
                await Say(string.Join(' ', await Task.WhenAll(Ask(session, "execute one", stop), Ask(session, "execute two", stop))));
                break;
            case "elicit":
                await Say((await Client.CreateElicitation(new ElicitationRequest { Mode = "form", Message = rest, SessionId = session, RequestedSchema = JsonDocument.Parse("""{"type":"object","properties":{"x":{"type":"string"}}}""").RootElement }, stop)).Action);
                break;
            case "sleep":
                await Task.Delay(Number(rest), stop);
                break;
            case "until":
                await FileIsThere(rest, stop);
                break;
            case "hang":
                await Task.Delay(Timeout.Infinite, stop);
                break;
            case "flood":
                await Flood(session, Number(rest), every: 0, stop);
                break;
            case "flood-asking" when rest.Split(' ') is [var count, var every]:
                await Flood(session, Number(count), Number(every), stop);
                break;
            case "late":
                _ = Later(session, Number(rest));
                break;
            case "error":
                throw Fail(AcpError.InternalError, rest.Length > 0 ? rest : "asked to fail");
            case "error-once" when !hasFailed:
                hasFailed = true;
                throw Fail(AcpError.InternalError, "fails once");
            case "exit":
                throw Leave(Number(rest));
            case "kill-self":
                Process.GetCurrentProcess().Kill();
                break;
            case "junk":
                await Raw("this is no JSON");
                break;
            case "big":
                await Say(new string('x', Number(rest)));
                break;
            case "bad-text":
                await RawBytes([.. Chunk(session, "caf"), 0xE9, .. "\"}}}}\n"u8]);
                break;
            case "glued":
                await RawBytes([.. rest.Split(' ').SelectMany(part => (byte[])[.. Chunk(session, part), .. "\"}}}}"u8]), (byte)'\n']);
                break;
            case "stop-reason":
                reason = rest;
                break;
            case "elsewhere":
                await RawBytes([.. Chunk("another-session", rest), .. "\"}}}}\n"u8]);
                break;
            case "long-line":
                await RawBytes(System.Text.Encoding.ASCII.GetBytes(new string('x', Number(rest))));
                await Task.Delay(Timeout.Infinite, stop);
                break;
            case "split":
                await Split(session, rest, stop);
                break;
            case "stderr":
                await Console.Error.WriteAsync(new string('e', Number(rest)) + "\n");
                break;
            case "ask-unknown":
                await Raw("""{"jsonrpc":"2.0","id":"u1","method":"of/tomorrow","params":{}}""");
                break;
            case "grandchild":
                Grandchild();
                break;
        }

        async Task Say(string text)
        {
            answer.Add(text);
            await Client.Update(session, new SessionUpdate.Chunk(SessionUpdate.Chunk.Agent, new ContentBlock.Text(text)), stop);
        }
    }

    /// <summary>A sign given by whoever directs the play.</summary>
    private static async Task FileIsThere(string path, CancellationToken stop)
    {
        while (!File.Exists(path))
        {
            await Task.Delay(20, stop);
        }
    }

    /// <summary>A child that holds our output open and outlives us.</summary>
    public static void Grandchild() => Process.Start(new ProcessStartInfo("sleep", "1000") { UseShellExecute = false })?.Dispose();

    private async Task Tool(string session, string id, string title, CancellationToken stop)
    {
        await Client.Update(session, new SessionUpdate.ToolCallBegun(new ToolCall { ToolCallId = id, Title = title, Kind = ToolKinds.Execute, Status = ToolStatuses.InProgress }), stop);
        await Client.Update(session, new SessionUpdate.ToolCallChanged(new ToolCallUpdate { ToolCallId = id, Status = ToolStatuses.Completed, Content = [new ToolCallContent.Block(new ContentBlock.Text("done"))] }), stop);
    }

    /// <param name="what">A kind, then a path or a title.</param>
    private async Task<string> Ask(string session, string what, CancellationToken stop)
    {
        var kind = what.Split(' ', 2)[0] is { Length: > 0 } said ? said : ToolKinds.Execute;
        var title = what.Contains(' ', StringComparison.Ordinal) ? what.Split(' ', 2)[1] : what;
        var answer = await Client.RequestPermission(
            new RequestPermissionRequest(
                session,
                new ToolCallUpdate
                {
                    ToolCallId = $"c-{Guid.NewGuid()}",
                    Title = title,
                    Kind = kind,
                    Status = ToolStatuses.Pending,
                    Locations = title.StartsWith('/') ? [new ToolCallLocation(title)] : null,
                },
                [new PermissionOption("a", "Allow", PermissionKinds.AllowOnce), new PermissionOption("aa", "Always", PermissionKinds.AllowAlways), new PermissionOption("r", "Reject", PermissionKinds.RejectOnce)]),
            stop);
        memory.Log("answer", $"{title} {answer.OptionId ?? "cancelled"}");
        return answer.OptionId ?? "cancelled";
    }

    private async Task<string> Terminal(string session, string command, bool kill, CancellationToken stop)
    {
        var made = await Client.CreateTerminal(new CreateTerminalRequest(session, command, OutputByteLimit: 1000), stop);
        var reference = new TerminalReference(session, made.TerminalId);
        if (kill)
        {
            await Client.KillTerminal(reference, stop);
        }

        var exit = await Client.WaitForTerminalExit(reference, stop);
        var output = await Client.TerminalOutput(reference, stop);
        await Client.ReleaseTerminal(reference, stop);
        return $"{exit.ExitCode?.ToString() ?? exit.Signal}:{output.Output}{(output.Truncated ? "(cut)" : "")}";
    }

    private async Task Flood(string session, int count, int every, CancellationToken stop)
    {
        for (var i = 1; i <= count; i++)
        {
            if (every > 0 && i % every == 0)
            {
                await Ask(session, $"execute step-{i}", stop);
            }

            await Client.Update(session, new SessionUpdate.Chunk(SessionUpdate.Chunk.Agent, new ContentBlock.Text($"chunk {i} of {count}; ")), stop);
        }
    }

    private async Task Later(string session, int milliseconds)
    {
        await Task.Delay(milliseconds);
        await Client.Update(session, new SessionUpdate.Chunk(SessionUpdate.Chunk.Agent, new ContentBlock.Text("late")), CancellationToken.None);
    }

    /// <summary>One message torn at every place, also inside characters.</summary>
    private async Task Split(string session, string text, CancellationToken stop)
    {
        var json = """{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"SESSION","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":TEXT}}}}"""
            .Replace("SESSION", session, StringComparison.Ordinal)
            .Replace("TEXT", Json.Text(text), StringComparison.Ordinal);
        var line = System.Text.Encoding.UTF8.GetBytes(json + "\r\n");
        foreach (var part in line)
        {
            Wire.WriteByte(part);
            await Wire.FlushAsync(stop);
        }
    }

    private async Task Raw(string line)
    {
        await Wire.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        await Wire.FlushAsync();
    }

    private async Task RawBytes(byte[] bytes)
    {
        await Wire.WriteAsync(bytes);
        await Wire.FlushAsync();
    }

    /// <summary>A piece of text up to its end, which is left to the caller.</summary>
    private static byte[] Chunk(string session, string text) => System.Text.Encoding.UTF8.GetBytes(
        """{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"SESSION","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"TEXT"""
            .Replace("SESSION", session, StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal));

    private SessionModes? Modes(string id) => options.Modes ? new SessionModes(memory.Setting(id, "mode") ?? "ask", [new SessionMode("ask", "Ask"), new SessionMode("code", "Code")]) : null;

    private IReadOnlyList<ConfigOption>? Options(string id) => !options.ConfigOptions ? null :
    [
        new ConfigOption { Id = "model", Name = "Model", Category = "model", Value = new ConfigValue.Choice(memory.Setting(id, "model") ?? "m1", [new ConfigGroup(null, null, [new ConfigChoice("m1", "M1"), new ConfigChoice("m2", "M2")])]) },
        new ConfigOption { Id = "fast", Name = "Fast", Value = new ConfigValue.Switch(memory.Setting(id, "fast") == "true") },
    ];

    private void Authenticated()
    {
        if (!isAuthenticated)
        {
            throw Fail(AcpError.AuthenticationRequired, "authenticate first");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static AcpErrorException Fail(int code, string message) => new(new AcpError(code, message));

    private static AcpErrorException Leave(int code)
    {
        Environment.Exit(code);
        return Fail(AcpError.InternalError, "leaving");
    }
}
