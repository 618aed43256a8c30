using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Agentctl.Cli.Commands;

/// <summary>The help page of every command ends with examples.</summary>
internal static class HelpPage
{
    private static readonly ConditionalWeakTable<Command, IReadOnlyList<(string Line, string Meaning)>> Examples = [];

    public static TCommand WithExamples<TCommand>(this TCommand command, params (string Line, string Meaning)[] examples)
        where TCommand : Command
    {
        Examples.Add(command, examples);
        return command;
    }

    /// <summary>Only <c>-h</c>, <c>-?</c> and <c>--help</c> ask for help: a word that begins with a slash may be a prompt.</summary>
    /// <param name="width">Columns of the page; null = no limit. Asking System.Console would set up the terminal.</param>
    public static void Install(RootCommand root, int? width)
    {
        root.Options.Remove(root.Options.First(static option => option is HelpOption));
        var help = new HelpOption("--help", "-h", "-?");
        help.Action = new WithExamplesAction(new HelpAction { MaxWidth = width ?? int.MaxValue });
        root.Options.Add(help);
    }

    internal sealed class WithExamplesAction(HelpAction standard) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            standard.Invoke(parseResult);
            if (!Examples.TryGetValue(parseResult.CommandResult.Command, out var examples))
            {
                return ExitCode.Done;
            }

            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            var width = examples.Max(example => example.Line.Length);
            foreach (var (line, meaning) in examples)
            {
                output.WriteLine($"  {line.PadRight(width)}  {meaning}");
            }

            output.WriteLine();
            return ExitCode.Done;
        }
    }
}
