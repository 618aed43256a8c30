using Agentctl.Core;

namespace Agentctl.Adapters.Custom;

/// <summary>
/// An agent that <c>config.json</c> declares (docs/launch.md). Arguments are templates with <c>{prompt}</c>, <c>{model}</c>,
/// <c>{session_id}</c> and <c>{cwd}</c>; one with <c>{model}</c> is left out, with the option before it, when no model is asked for.
/// </summary>
/// <param name="Name">The adapter's id.</param>
/// <param name="Launch">The program, by path or found on PATH, and its arguments.</param>
/// <param name="Resume">The same for going on with <c>{session_id}</c>; null = it cannot.</param>
/// <param name="Attach">The same for a person's terminal; null = it cannot.</param>
/// <param name="IdTemplate">A text with one <c>{id}</c>, searched in the lines of its output: <c>Session: {id}</c>.</param>
/// <param name="IdKey">Or a key at the top of the JSON lines it prints.</param>
public sealed record CustomAgent(
    string Name,
    IReadOnlyList<string> Launch,
    IReadOnlyList<string>? Resume,
    IReadOnlyList<string>? Attach,
    StdinMode Stdin,
    PoliteSignal StopSignal,
    string? IdTemplate,
    string? IdKey);
