using System.Text.RegularExpressions;

namespace Agentctl.FakeModel;

/// <summary>
/// What a prompt asks the fake model to do, in words inside the user's text:
/// <c>SLEEP n</c> (the stream starts, then n seconds pass), <c>HOLD name</c> (the same until <c>&lt;gates&gt;/name</c> exists;
/// <c>&lt;gates&gt;/name.reached</c> tells that it waits),
/// <c>RUN cmd</c> to the end of the line (one shell tool call, then the text), <c>CALL name</c> (one call, without arguments, of the tool
/// whose name ends so), <c>SAY text</c>, <c>FAIL code</c>.
/// </summary>
public sealed partial record Directives(TimeSpan Sleep, string? Hold, string? Run, string? Call, string? Say, int? Fail)
{
    public static Directives In(string text) => new(
        SleepPattern().Match(text) is { Success: true } sleep ? TimeSpan.FromSeconds(double.Parse(sleep.Groups[1].Value)) : TimeSpan.Zero,
        HoldPattern().Match(text) is { Success: true } hold ? hold.Groups[1].Value : null,
        RunPattern().Match(text) is { Success: true } run ? run.Groups[1].Value.Trim() : null,
        CallPattern().Match(text) is { Success: true } call ? call.Groups[1].Value : null,
        SayPattern().Match(text) is { Success: true } say ? say.Groups[1].Value.Trim() : null,
        FailPattern().Match(text) is { Success: true } fail ? int.Parse(fail.Groups[1].Value) : null);

    /// <summary>
    /// The newer of two texts of one turn. Agents add user messages of their own after the prompt (OpenClaw's internal context,
    /// Codex's environment context), so a text without a directive never displaces one that has a directive.
    /// </summary>
    public static string Newer(string old, string text) => AnyPattern().IsMatch(text) || !AnyPattern().IsMatch(old) ? text : old;

    [GeneratedRegex(@"\bSLEEP (\d+(?:\.\d+)?)")]
    private static partial Regex SleepPattern();

    [GeneratedRegex(@"\bHOLD ([a-z0-9-]+)")]
    private static partial Regex HoldPattern();

    [GeneratedRegex(@"\bRUN ([^\n]+)")]
    private static partial Regex RunPattern();

    [GeneratedRegex(@"\bCALL (\w+)")]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"\bSAY ([^\n]+)")]
    private static partial Regex SayPattern();

    [GeneratedRegex(@"\bFAIL (\d{3})")]
    private static partial Regex FailPattern();

    [GeneratedRegex(@"\b(SLEEP \d|HOLD [a-z0-9]|RUN \S|CALL \w|SAY \S|FAIL \d{3})")]
    private static partial Regex AnyPattern();
}
