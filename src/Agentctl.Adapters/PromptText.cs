namespace Agentctl.Adapters;

/// <summary>A prompt as a row keeps it. A person can paste megabytes, and a daemon keeps the rows of thousands of sessions.</summary>
internal static class PromptText
{
    private const int LongestChars = 64 * 1024;

    public static string? Of(string? prompt)
    {
        if (prompt is null || prompt.Length <= LongestChars)
        {
            return prompt;
        }

        var end = char.IsHighSurrogate(prompt[LongestChars - 1]) ? LongestChars - 1 : LongestChars;
        return string.Concat(prompt.AsSpan(0, end), "…");
    }
}
