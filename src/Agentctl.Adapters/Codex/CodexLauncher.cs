using Agentctl.Core;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// How Codex is run: <c>codex exec</c>, the prompt on its standard input, its thread's id read from its first line (docs/launch.md).
/// Tried with 0.169.
/// </summary>
internal static class CodexLauncher
{
    /// <summary>Codex's sandboxes; the last one asks nobody and has no sandbox.</summary>
    public static readonly IReadOnlyList<string> Modes = ["read-only", "workspace-write", "danger-full-access", "bypass"];

    public static PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (environment.FindProgram("codex") is not { } program)
        {
            return NotInstalled;
        }

        if (wish.KeepOpen)
        {
            return new PlanOutcome.Refused("codex exec reads its input to its end before it begins, so it cannot be kept open. Launch without --open, and go on with: agentctl resume", IsUsage: true);
        }

        // The Node tool's word for its only mode, and Claude's, mean the last one.
        var mode = wish.PermissionMode is "bypassPermissions" or "yolo" ? "bypass" : wish.PermissionMode;
        if (mode is not null && !Modes.Contains(mode))
        {
            return new PlanOutcome.Refused($"Codex has no permission mode '{wish.PermissionMode}'; it has {string.Join(", ", Modes)}.", IsUsage: true);
        }

        // A directory was named by a person: whether it is a repository is for him to judge.
        List<string> arguments = ["exec", "--json", "--skip-git-repo-check"];
        if (wish.Model is { } model)
        {
            arguments.AddRange(["--model", model]);
        }

        if (wish.Thinking is { } effort)
        {
            arguments.AddRange(["--config", $"model_reasoning_effort={effort}"]);
        }

        switch (mode)
        {
            case null:
                break;
            case "bypass":
                arguments.Add("--dangerously-bypass-approvals-and-sandbox");
                break;
            default:
                arguments.AddRange(["--sandbox", mode]);
                break;
        }

        arguments.AddRange(wish.AgentArguments);
        arguments.AddRange(wish.Resumes is { } id ? ["resume", id, "-"] : ["-"]);
        return new PlanOutcome.Planned(new LaunchPlan
        {
            Program = program,
            Arguments = arguments,
            Stdin = StdinMode.Text,
            StdinText = wish.Prompt,
            SessionId = wish.Resumes,
            TellsSessionId = true,
            StopSignal = PoliteSignal.Interrupt,
            PermissionMode = mode ?? "codex's own default",
            Model = wish.Model,
        });
    }

    public static PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("codex") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["resume", sessionId], SessionId = sessionId, PermissionMode = "codex's own default" })
        : NotInstalled;

    // {"type":"thread.started","thread_id":"01a1fbb7-…"}
    public static string? SessionIdIn(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf("\"thread.started\""u8) < 0)
        {
            return null;
        }

        return ForeignJson.TopText(line, "type"u8) == "thread.started" ? ForeignJson.TopText(line, "thread_id"u8) : null;
    }

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "codex was not found on PATH. Install Codex (npm install -g @openai/codex), or start agentctl where it is on PATH.", IsUsage: false);
}
