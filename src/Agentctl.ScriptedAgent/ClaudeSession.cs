namespace Agentctl.ScriptedAgent;

/// <summary>
/// What Claude Code 2.1 writes: <c>sessions/&lt;pid&gt;.json</c> about the process, <c>projects/&lt;cwd&gt;/&lt;id&gt;.jsonl</c> about the
/// conversation. The first goes with the process, unless it is killed.
/// </summary>
internal sealed class ClaudeSession : IScriptedSession
{
    private readonly string cwd = Environment.CurrentDirectory;
    private readonly string registration;
    private readonly string transcript;
    private readonly long startedAt = Json.Milliseconds();
    private bool hasAsked;
    private int turn;

    public ClaudeSession(string prompt)
    {
        var home = Environment.GetEnvironmentVariable("CLAUDE_CONFIG_DIR") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetEnvironmentVariable("HOME")!, ".claude");
        registration = Path.Combine(home, "sessions", $"{Environment.ProcessId}.json");
        transcript = Path.Combine(home, "projects", cwd.Replace('/', '-').Replace('.', '-'), Id + ".jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(registration)!);
        Directory.CreateDirectory(Path.GetDirectoryName(transcript)!);
        Say($$"""{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":{{Json.Text(prompt)}}}""");
    }

    public string Id { get; } = Guid.NewGuid().ToString();

    public void Become(string state)
    {
        if (state == "waiting" || (state == "busy" && !hasAsked))
        {
            hasAsked = true;
            Answer("""{"type":"tool_use","id":"toolu_scripted","name":"Bash","input":{"command":"make test"}}""", "tool_use");
        }
        else if (state == "idle")
        {
            Answer("""{"type":"text","text":"Done: I changed nothing, for I am a scripted agent. A real one would have told you what it did."}""", "end_turn");
        }

        var waitingFor = state == "waiting" ? "\"waitingFor\":\"permission prompt\"," : "";
        var now = Json.Milliseconds();
        File.WriteAllText(registration,
            $$"""
            {"pid":{{Environment.ProcessId}},"sessionId":"{{Id}}","cwd":{{Json.Text(cwd)}},"startedAt":{{startedAt}},"procStart":"{{OwnProcess.StartTicks()}}","version":"2.1.329","kind":"interactive","entrypoint":"cli","pidDomain":{{Json.Text(OwnProcess.PidDomain())}},"name":"scripted","nameSource":"derived","status":"{{state}}",{{waitingFor}}"updatedAt":{{now}},"statusUpdatedAt":{{now}}}
            """);
    }

    public void Dispose() => File.Delete(registration);

    private void Answer(string content, string stopReason)
    {
        turn++;
        Say($$"""{"isSidechain":false,"type":"assistant","message":{"id":"msg_scripted{{turn}}","type":"message","role":"assistant","model":"scripted-model","content":[{{content}}],"stop_reason":"{{stopReason}}","usage":{"input_tokens":1200,"cache_creation_input_tokens":0,"cache_read_input_tokens":800,"output_tokens":60}""" + "}");
    }

    private void Say(string start) => File.AppendAllText(transcript,
        $$"""{{start}},"uuid":"{{Guid.NewGuid()}}","timestamp":{{Json.Now()}},"userType":"external","entrypoint":"cli","cwd":{{Json.Text(cwd)}},"sessionId":"{{Id}}","version":"2.1.329","gitBranch":"main"}""" + "\n");
}
