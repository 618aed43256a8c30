using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl help [command]</c>: the same pages as <c>--help</c>.</summary>
internal static class HelpCommand
{
    public static void AddTo(RootCommand root)
    {
        var words = new Argument<string[]>("command") { Description = "The command to explain.", HelpName = "command", Arity = ArgumentArity.ZeroOrMore };
        words.CompletionSources.Add(_ => root.Subcommands.Select(command => new System.CommandLine.Completions.CompletionItem(command.Name)));
        var command = new Command("help", "Explain a command, with examples.") { words };
        command.SetAction((parse, cancellationToken) =>
            root.Parse([.. parse.GetValue(words) ?? [], "--help"]).InvokeAsync(parse.InvocationConfiguration, cancellationToken));
        root.Subcommands.Add(command.WithExamples(("agentctl help list", "how list is used")));
    }
}
