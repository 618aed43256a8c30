using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>What the start of a rollout says of the thread. It does not change any more once the first prompt is there.</summary>
internal sealed record RolloutHead
{
    /// <summary>
    /// session_meta carries the system prompt (22 KB), then come instructions; the first prompt stood at 31 KB in 0.169. A picture in
    /// that prompt has megabytes, and so has what a child replays of its parent: reading continues until the thread's own prompt.
    /// </summary>
    private const long LimitBytes = 16L * 1024 * 1024;

    public DateTimeOffset? StartedAt { get; init; }
    public string? Cwd { get; init; }
    public string? Originator { get; init; }
    public string? Version { get; init; }

    /// <summary><c>exec</c>, <c>vscode</c>, <c>cli</c>, <c>mcp</c>; <c>subagent</c> for threads that an agent spawned.</summary>
    public string? Source { get; init; }

    /// <summary>The thread this one was forked from or spawned by.</summary>
    public string? Parent { get; init; }

    /// <summary>The name Codex gave an agent that another agent spawned: "Aristotle".</summary>
    public string? AgentName { get; init; }

    public string? Model { get; init; }
    public string? Prompt { get; init; }

    /// <summary>The parent's records stand in this file too, before the thread's own.</summary>
    public bool RepeatsParent { get; init; }

    /// <summary>The running total at the end of what this thread repeats of its parent; null when it repeats nothing.</summary>
    public TokenUsage? Inherited { get; init; }

    public static RolloutHead Read(string path, string id, DamagedRecords damaged) =>
        new RolloutHeadReader(id).Read(RolloutRecord.In(JsonLines.Forward(path).Within(LimitBytes), damaged));

    /// <summary>What the thread itself used of a running total.</summary>
    public TokenUsage? Own(TokenUsage? total) => total is null || Inherited is not { } before ? total : TokenUsage.Recorded(
        Math.Max(0, total.In - before.In), Math.Max(0, total.Out - before.Out),
        Math.Max(0, total.CacheRead - before.CacheRead), Math.Max(0, total.CacheWrite - before.CacheWrite));
}
