using Agentctl.ScriptedAgent;

// An honest actor for `agentctl demo` and for tests: it is no coding agent and asks no model. It writes the files that a real
// agent writes about itself, so that they can be found the way real ones are.
//
//   agentctl-scripted-agent claude-code|codex|plain busy|waiting|idle PROMPT
//   agentctl-scripted-agent acp [switches]
//
// The last one speaks the Agent Client Protocol on its standard input and output; its prompts are its script.
//
// The agent's own variables (HOME, CLAUDE_CONFIG_DIR, CODEX_HOME) say where. It prints `ready <session id> <pid>`, then obeys lines
// on stdin: busy, waiting, idle, end. When stdin closes it ends too, so it never outlives who started it.
if (args is ["acp", ..])
{
    if (AcpActorOptions.Parse(args.AsSpan(1)) is { } options)
    {
        return await AcpStage.Run(options);
    }

    Console.Error.WriteLine($"usage: {AcpActorOptions.Usage}");
    return 2;
}

if (args is not [("claude-code" or "codex" or "plain") and var kind, ("busy" or "waiting" or "idle") and var state, var prompt])
{
    Console.Error.WriteLine("usage: agentctl-scripted-agent claude-code|codex|plain busy|waiting|idle PROMPT");
    return 2;
}

using IScriptedSession session = kind switch
{
    "codex" => new CodexSession(prompt),
    "plain" => new PlainSession(),
    _ => new ClaudeSession(prompt),
};
session.Become(state);
Console.Out.WriteLine($"ready {session.Id} {Environment.ProcessId}");
Console.Out.Flush();
while (Console.In.ReadLine() is { } line && line != "end")
{
    session.Become(line);
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}

return 0;
