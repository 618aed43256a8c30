namespace Agentctl.Core;

/// <summary>
/// Values that become words of an agent's command line. Agents differ in what they take a word with a hyphen for (Gemini's parser reads
/// <c>--model --yolo</c> as two options, Codex's refuses it, Pi's takes it as the model), and no model, level, mode or session id begins with one.
/// </summary>
public static class OptionValues
{
    /// <summary>What is wrong with a value, and of which option; null when they can all be passed.</summary>
    public static string? WhyRefused(LaunchWish wish) =>
        WhyRefused("--model", wish.Model) ?? WhyRefused("--thinking", wish.Thinking) ?? WhyRefused("--permission-mode", wish.PermissionMode) ?? WhyRefusedId(wish.Resumes);

    /// <summary>The same of a session's id, which an agent may have taken from anywhere.</summary>
    public static string? WhyRefusedId(string? sessionId) => WhyRefused("the session id", sessionId);

    private static string? WhyRefused(string option, string? value) => value switch
    {
        null => null,
        "" => $"{option} must not be empty. Leave it out to use the agent's own default.",
        ['-', ..] => $"{option} must not begin with a hyphen, since the agent would read it as an option: {value}. To pass options to the agent: agentctl launch … -- {value}",
        _ when value.Any(char.IsControl) => $"{option} must not hold control characters.",
        _ => null,
    };
}
