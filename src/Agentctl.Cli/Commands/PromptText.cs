using System.Text;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>Puts a prompt together: the specification first, then the files, then what was asked, as the Node tool did.</summary>
internal static class PromptText
{
    public const string FromStdin = "-";
    public const long UsualFileLimitBytes = 51200;

    /// <summary>The text itself, or what comes on stdin for <c>-</c>.</summary>
    public static async Task<string> Read(string said, CancellationToken cancellationToken)
    {
        if (said != FromStdin)
        {
            return said;
        }

        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return (await input.ReadToEndAsync(cancellationToken)).TrimEnd('\r', '\n');
    }

    /// <exception cref="UsageException">A file is missing or too large; nothing was launched.</exception>
    public static string With(string prompt, string? spec, IReadOnlyList<string> files, long limitBytes)
    {
        if (spec is null && files.Count == 0)
        {
            return prompt;
        }

        var whole = new StringBuilder();
        foreach (var path in (IEnumerable<string>)[.. spec is null ? Array.Empty<string>() : [spec], .. files])
        {
            whole.Append(PromptPreamble.File(Relative(path), Content(path, limitBytes)));
        }

        return whole.Append(prompt).ToString();
    }

    private static string Content(string path, long limitBytes)
    {
        var file = new FileInfo(path);
        return !file.Exists ? throw new UsageException($"File not found: {path}")
            : file.Length > limitBytes ? throw new UsageException($"File too large: {path} has {file.Length} bytes, and the limit is {limitBytes}. Raise it: --max-file-size {file.Length}")
            : Bounded(path, limitBytes);
    }

    /// <summary>A device or a pipe has no length until it has been read.</summary>
    private static string Bounded(string path, long limitBytes)
    {
        using var file = File.OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (file.Read(buffer) is > 0 and var read)
        {
            content.Write(buffer, 0, read);
            if (content.Length > limitBytes)
            {
                throw new UsageException($"File too large: {path} has more than {limitBytes} bytes. Raise the limit: --max-file-size");
            }
        }

        content.Position = 0;
        using var text = new StreamReader(content);
        return text.ReadToEnd();
    }

    private static string Relative(string path) => Path.GetRelativePath(Environment.CurrentDirectory, Path.GetFullPath(path));
}
