namespace Agentctl.ScriptedAgent;

/// <summary>
/// What Codex 0.169 writes: a rollout held open, and a lock file it holds flock(2) on for as long as the thread is loaded. A clean
/// end removes the lock file, kill -9 leaves it without its lock.
/// </summary>
internal sealed class CodexSession : IScriptedSession
{
    private readonly string cwd = Environment.CurrentDirectory;
    private readonly string lockPath;
    private readonly FileStream writerLock;
    private readonly StreamWriter rollout;
    private int ordinal;
    private string? turnId;

    public CodexSession(string prompt)
    {
        var home = Environment.GetEnvironmentVariable("CODEX_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetEnvironmentVariable("HOME")!, ".codex");
        var locks = Directory.CreateDirectory(Path.Combine(home, "thread-writer-locks")).FullName;
        var day = Directory.CreateDirectory(Path.Combine(home, "sessions", DateTime.Now.ToString("yyyy/MM/dd"))).FullName;
        lockPath = Path.Combine(locks, Id + ".lock");

        // FileShare.None is flock(LOCK_EX | LOCK_NB) in a program with file locking on, as this one is.
        writerLock = new FileStream(lockPath, FileMode.Create, FileAccess.Write, FileShare.None);
        rollout = new StreamWriter(new FileStream(
            Path.Combine(day, $"rollout-{DateTime.Now:yyyy-MM-dd'T'HH-mm-ss}-{Id}.jsonl"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite))
        {
            AutoFlush = true,
        };
        Write("session_meta", $$"""{"session_id":"{{Id}}","id":"{{Id}}","timestamp":{{Json.Now()}},"cwd":{{Json.Text(cwd)}},"originator":"codex-tui","cli_version":"0.169.0","source":"cli","thread_source":"user","model_provider":"scripted","git":null}""");
        BeginTurn();
        Write("turn_context", $$"""{"turn_id":"{{turnId}}","cwd":{{Json.Text(cwd)}},"approval_policy":"never","model":"scripted-model","summary":"none"}""");
        Message("user", "input_text", prompt);
        Write("event_msg", $$"""{"type":"item_completed","thread_id":"{{Id}}","turn_id":"{{turnId}}","item":{"type":"UserMessage","id":"{{Guid.CreateVersion7()}}","content":[{"type":"text","text":{{Json.Text(prompt)}},"text_elements":[]}]}""" + "}");
    }

    public string Id { get; } = Guid.CreateVersion7().ToString();

    public void Become(string state)
    {
        if (state == "idle")
        {
            EndTurn();
        }
        else if (turnId is null)
        {
            BeginTurn();
        }
    }

    public void Dispose()
    {
        EndTurn();
        rollout.Dispose();
        File.Delete(lockPath);
        writerLock.Dispose();
    }

    private void BeginTurn()
    {
        turnId = Guid.CreateVersion7().ToString();
        Write("event_msg", $$"""{"type":"task_started","turn_id":"{{turnId}}","root_turn_id":"{{turnId}}","started_at":{{Json.Milliseconds() / 1000}},"model_context_window":258400,"collaboration_mode_kind":"default"}""");
    }

    private void EndTurn()
    {
        if (turnId is null)
        {
            return;
        }

        const string Text = "Done: I changed nothing, for I am a scripted agent.";
        Message("assistant", "output_text", Text);
        const string Usage = """{"input_tokens":900,"cached_input_tokens":300,"cache_write_input_tokens":0,"output_tokens":45,"reasoning_output_tokens":0,"total_tokens":945}""";
        Write("event_msg", $$"""{"type":"token_count","info":{"total_token_usage":{{Usage}},"last_token_usage":{{Usage}},"model_context_window":258400}""" + "}");
        Write("event_msg", $$"""{"type":"task_complete","turn_id":"{{turnId}}","root_turn_id":"{{turnId}}","last_agent_message":{{Json.Text(Text)}},"completed_at":{{Json.Milliseconds() / 1000}}}""");
        turnId = null;
    }

    private void Message(string role, string kind, string text) =>
        Write("response_item", $$"""{"type":"message","id":"msg_{{Guid.CreateVersion7()}}","role":"{{role}}","content":[{"type":"{{kind}}","text":{{Json.Text(text)}} }]}""");

    private void Write(string type, string payload) =>
        rollout.Write($$"""{"timestamp":{{Json.Now()}},"ordinal":{{ordinal++}},"type":"{{type}}","payload":{{payload}}}""" + "\n");
}
