using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Agentctl.Platform;

namespace Agentctl.Cli;

/// <summary>
/// Refuses names of directories and files that are not valid UTF-8, before anything is done: JSON, in which requests and records are
/// written, cannot hold them.
/// </summary>
internal static class Utf8Names
{
    private const char Replacement = '\uFFFD';

    private static readonly string[] Paths = ["--cwd", "--worktree", "--repo", "--add-dir", "--file", "--spec", "--matrix", "--prefix", "dir", "repo", "what"];

    /// <summary>Commands that work in the current directory when no other is named.</summary>
    private static readonly string[] WorkHere = ["launch", "exec", "prompt", "new", "ensure"];

    /// <param name="words">The command line as the kernel has it.</param>
    /// <param name="currentDirectory">The current directory as the kernel has it.</param>
    /// <returns>What is wrong and with which name; null when nothing is.</returns>
    public static string? WhyRefused(ParseResult parse, Func<IReadOnlyList<byte[]>> words, Func<byte[]> currentDirectory)
    {
        var isHere = WorkHere.Contains(parse.CommandResult.Command.Name) && parse.CommandResult.Children.OfType<OptionResult>().All(static option => option.Option.Name is not ("--cwd" or "--worktree") || option.Implicit);
        foreach (var child in parse.CommandResult.Children)
        {
            if (!Paths.Contains(child switch { OptionResult option => option.Option.Name, ArgumentResult argument => argument.Argument.Name, _ => "" }))
            {
                continue;
            }

            foreach (var path in child.Tokens.Select(static token => token.Value))
            {
                if (path.Contains(Replacement)
                    && words().FirstOrDefault(word => RawNames.TextOf(word) is null && Encoding.UTF8.GetString(word) is var lossy && (lossy == path || lossy.EndsWith("=" + path, StringComparison.Ordinal))) is { } raw)
                {
                    return Refusal(path == Encoding.UTF8.GetString(raw) ? RawNames.Readable(raw) : RawNames.Readable(raw.AsSpan(raw.AsSpan().IndexOf((byte)'=') + 1)));
                }

                isHere |= !Path.IsPathRooted(path) && !path.StartsWith('~');
            }
        }

        return isHere && currentDirectory() is var here && RawNames.TextOf(here) is null ? Refusal(RawNames.Readable(here)) : null;
    }

    private static string Refusal(string name) =>
        $"The name {name} is not valid UTF-8, and agentctl works only with directories and files whose names are. Nothing was done. Rename it first.";
}
