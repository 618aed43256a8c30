using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl help [command]</c>: the same pages as <c>--help</c>.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    public static void AddTo(RootCommand root)
    {
        var words = new Argument<string[]>("command") { Description = "The command to explain.", HelpName = "command", Arity = ArgumentArity.ZeroOrMore };
        words.CompletionSources.Add(_ => root.Subcommands.Select(command => new System.CommandLine.Completions.CompletionItem(command.Name)));
        var command = new Command(Name, "Explain a command, with examples.") { words };
        command.SetAction((parse, cancellationToken) =>
        {
            Command explained = root;
            foreach (var word in parse.GetValue(words) ?? [])
            {
                if (explained.Subcommands.FirstOrDefault(sub => sub.Name == word || sub.Aliases.Contains(word)) is not { } next)
                {
                    throw new UsageException(UsageError.Unknown(word, explained));
                }

                explained = next;
            }

            return root.Parse([.. parse.GetValue(words) ?? [], "--help"]).InvokeAsync(parse.InvocationConfiguration, cancellationToken);
        });
        root.Subcommands.Add(command.WithExamples(("agentctl help list", "how list is used")));
    }
}
