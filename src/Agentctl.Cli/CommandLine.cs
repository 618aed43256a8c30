using System.CommandLine;
using System.CommandLine.Invocation;
using Agentctl.Cli.Commands;
using Agentctl.Cli.Completion;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli;

/// <summary>All commands, and how their failures become messages and exit codes.</summary>
internal static class CommandLine
{
    /// <summary>No response files: "@" begins the provisional id of a session.</summary>
    public static ParserConfiguration Parsing { get; } = new() { ResponseFileTokenReplacer = null };

    public static RootCommand Build(Surroundings around)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Print to stderr whether the daemon or this process answered.", Recursive = true };
        verbose.Validators.Add(result => around.Terminal.IsVerbose = result.GetValueOrDefault<bool>());
        var root = new RootCommand("The truth about the coding agents that run on this machine.")
        {
            verbose,
            ListCommand.Create(around),
            StatusCommand.Create(around),
            ExplainCommand.Create(around),
            PeekCommand.Peek(around),
            PeekCommand.Logs(around),
            LaunchCommand.Create(around),
            WaitCommand.Create(around),
            StopCommand.Create(around),
            ResumeCommand.Create(around),
            SendCommand.Send(around),
            SendCommand.Cancel(around),
            AttachCommand.Create(around),
            LockCommand.Lock(around),
            LockCommand.Unlock(around),
            LockCommand.Locks(around),
            QueueCommand.Create(around),
            FuseCommand.Fuse(around),
            FuseCommand.Fuses(around),
            WorktreeCommand.Create(around),
            PromptCommand.Exec(around),
            PromptCommand.Prompt(around),
            SessionsCommand.Create(around),
            ApprovalsCommand.Create(around),
            EventsCommand.Create(around),
            DoctorCommand.Create(around),
            DaemonCommand.Create(around),
            ConfigCommand.Create(around),
            PruneCommand.Create(around),
            CompletionCommand.Create(around),
            DemoCommand.Create(around),
            SelfCommand.Create(around),
        };
        root.Options.Remove(root.Options.First(option => option is VersionOption));
        root.Options.Add(VersionFlag.Create(around));
        root.WithExamples(
            ("agentctl list", "what runs now"),
            ("agentctl explain <id>", "why it is said to be so"),
            ("agentctl launch -p TEXT", "run an agent here"),
            ("agentctl demo", "see all of it in a minute, with no agent installed"));
        HelpCommand.AddTo(root);
        HelpPage.Install(root, around.Terminal.Output.Width);
        root.Directives.Clear();

        // Without a command: show what there is, and fail, for a script that left it out.
        root.SetAction((parse, cancellationToken) =>
        {
            root.Parse("--help").Invoke(parse.InvocationConfiguration);
            return Task.FromResult(ExitCode.Usage);
        });
        return root;
    }

    public static async Task<int> Run(string[] args, Surroundings around, CancellationToken cancellationToken = default)
    {
        try
        {
            if (Suggestions.LineIn(args) is { } line)
            {
                if (HomeTrust.WhyRefused(around.Environment.AgentctlHome) is not null)
                {
                    return ExitCode.Failed;
                }

                foreach (var word in Suggestions.For(Build(around), line))
                {
                    around.Terminal.WriteLine(word);
                }

                return ExitCode.Done;
            }

            var parse = Build(around).Parse(args, Parsing);
            if (parse.Action is not (HelpPage.WithExamplesAction or VersionFlag.Print) && StrictWords.Refusals(parse, args) is { Count: > 0 } refusals)
            {
                return UsageError.Tell(refusals, parse, around.Terminal);
            }

            if (parse.Action is ParseErrorAction)
            {
                return UsageError.Tell(parse, around.Terminal);
            }

            if (OperatingSystem.IsLinux() && parse.Action is not HelpPage.WithExamplesAction && Utf8Names.WhyRefused(parse, RawNames.CommandLine, CurrentDirectory) is { } wrongName)
            {
                throw new UsageException(wrongName);
            }

            if (WhyHomeIsRefused(parse, around) is { } refused)
            {
                around.Terminal.Note(refused);
                return ExitCode.Failed;
            }

            // Help goes through the terminal as well: System.Console would leave it in another mode.
            using var output = new StringWriter();
            var code = await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output }, cancellationToken);
            around.Terminal.Write(output.ToString());
            return code;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (UsageException wrong)
        {
            around.Terminal.Note(wrong.Message);
            return ExitCode.Usage;
        }
        catch (DaemonLostException lost)
        {
            // What only asks is asked anew without a daemon: this was an order.
            around.Terminal.Note($"{lost.Message}: it may have been done all the same. Look before you run it again: agentctl list, agentctl sessions list");
            return ExitCode.Failed;
        }
        catch (FileNotFoundException gone) when (gone.FileName is null)
        {
            around.Terminal.Note("The current directory no longer exists. Change to another one, or use --cwd.");
            return ExitCode.Usage;
        }
        catch (Exception failure) when (failure is CannotLookException or IOException or UnauthorizedAccessException)
        {
            around.Terminal.Note(failure.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>One that is gone is reported by what needs it.</summary>
    private static byte[] CurrentDirectory()
    {
        try
        {
            return RawNames.CurrentDirectory();
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>
    /// A home of another user decides nothing: not which program runs, not where a token goes, not what is signalled. Pages and scripts
    /// that agentctl prints from itself need no home.
    /// </summary>
    private static string? WhyHomeIsRefused(ParseResult parse, Surroundings around) =>
        parse.CommandResult.Command is { Name: not (CompletionCommand.Name or HelpCommand.Name) } and not RootCommand and var command && ReferenceEquals(parse.Action, command.Action)
            ? HomeTrust.WhyRefused(around.Environment.AgentctlHome)
            : null;
}
