namespace Agentctl.Core;

/// <summary>
/// What <c>launch --spec</c>, <c>--file</c> and <c>--issue</c> put before a prompt. A row shows what the user asked first, and names the
/// files; the agent gets the whole text.
/// </summary>
public static class PromptPreamble
{
    private const string FileBegin = "--- File: ";
    private const string FileNameEnd = " ---\n";
    private const string FileEnd = "\n--- End File ---\n\n";
    private const string IssueBegin = "## GitHub Issue #";
    private const string IssueEnd = "\n---\n\n";

    /// <summary>One file as it stands before the prompt.</summary>
    public static string File(string name, string content) => $"{FileBegin}{name}{FileNameEnd}{content.TrimEnd('\n')}{FileEnd}";

    /// <summary>An issue as it stands before the prompt.</summary>
    public static string Issue(int number, string? title, string? body) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{IssueBegin}{number}: {title}\n\n{(string.IsNullOrWhiteSpace(body) ? "" : body.Trim() + "\n\n")}{IssueEnd[1..]}");

    /// <summary>
    /// <c>Do step 2 (plan.md)</c>; the same text when nothing of this kind precedes it. Of a text that was cut inside a file, the names
    /// are all that is known.
    /// </summary>
    public static string? Shown(string? prompt)
    {
        if (prompt is null || !(prompt.StartsWith(FileBegin, StringComparison.Ordinal) || prompt.StartsWith(IssueBegin, StringComparison.Ordinal)))
        {
            return prompt;
        }

        var names = new List<string>();
        var rest = prompt.AsSpan();
        if (rest.StartsWith(IssueBegin))
        {
            var digits = rest[IssueBegin.Length..].IndexOfAnyExceptInRange('0', '9');

            // A body may hold the same rule: the last one before the files is the end of the issue.
            var files = rest.IndexOf(IssueEnd + FileBegin);
            var end = files >= 0 ? files : rest.LastIndexOf(IssueEnd);
            if (digits <= 0 || end < 0)
            {
                return prompt;
            }

            names.Add($"issue #{rest.Slice(IssueBegin.Length, digits)}");
            rest = rest[(end + IssueEnd.Length)..];
        }

        while (rest.StartsWith(FileBegin) && rest.IndexOf(FileNameEnd) is > 0 and var nameEnd && rest[..nameEnd].IndexOf('\n') < 0)
        {
            names.Add(rest[FileBegin.Length..nameEnd].ToString());
            var end = rest.IndexOf(FileEnd);
            rest = end < 0 ? [] : rest[(end + FileEnd.Length)..];
        }

        return names.Count == 0 ? prompt
            : rest.Length == 0 ? $"({string.Join(", ", names)})"
            : $"{rest} ({string.Join(", ", names)})";
    }
}
