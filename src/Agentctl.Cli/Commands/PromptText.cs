using System.Text;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>Assembles a prompt: the specification first, then the files, then the text, as the Node tool did.</summary>
internal static class PromptText
{
    public const long UsualFileLimitBytes = 51200;

    /// <summary>The text itself, or standard input for <c>-</c>.</summary>
    /// <exception cref="UsageException">Standard input is too large or not text.</exception>
    public static string Read(string said, CancellationToken cancellationToken) =>
        said == TextInput.FromStdin ? TextInput.Stdin(TextInput.LargestPromptBytes, cancellationToken).TrimEnd('\r', '\n') : said;

    /// <exception cref="UsageException">A file is missing, too large or not text; nothing was launched.</exception>
    public static string With(string prompt, string? spec, IReadOnlyList<string> files, long limitBytes, CancellationToken cancellationToken)
    {
        if (spec is null && files.Count == 0)
        {
            return prompt;
        }

        var whole = new StringBuilder();
        foreach (var path in (IEnumerable<string>)[.. spec is null ? Array.Empty<string>() : [spec], .. files])
        {
            var content = TextInput.Read(path, limitBytes, cancellationToken, static size => $"Raise the limit: --max-file-size {size?.ToString() ?? "BYTES"}");
            whole.Append(PromptPreamble.File(Relative(path), content));
        }

        return whole.Append(prompt).ToString();
    }

    private static string Relative(string path) => Path.GetRelativePath(Environment.CurrentDirectory, Path.GetFullPath(path));
}
