using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl launch</c>: runs an agent under a shim of its own (docs/guide/launch-an-agent.md).</summary>
internal sealed class LaunchCommand
{
    private readonly Surroundings around;
    private readonly LaunchOptions options = new();
    private readonly Argument<string?> named = new("adapter") { Description = "The kind of agent; config's, else claude-code.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> adapter = new("--adapter") { Description = "The same as an option.", HelpName = "adapter" };
    private readonly Option<string?> prompt = new("--prompt", "-p") { Description = "What it is to do; - reads it from stdin.", HelpName = "text" };
    private readonly Option<string?> spec = new("--spec") { Description = "A file put before everything else.", HelpName = "file" };
    private readonly Option<string[]> file = new("--file") { Description = "A file put before the prompt; repeatable.", HelpName = "file" };
    private readonly Option<long> limit = new("--max-file-size") { Description = "Largest such file, in bytes.", HelpName = "bytes", DefaultValueFactory = static _ => PromptText.UsualFileLimitBytes };
    private readonly Option<string?> callbackSession = new("--callback-session") { Description = "Kept in the session's meta, for who is to be told.", HelpName = "key" };
    private readonly Option<string?> callbackAgent = new("--callback-agent") { Description = "Kept in the session's meta, for who is to be told.", HelpName = "id" };

    private LaunchCommand(Surroundings around) => this.around = around;

    public static Command Create(Surroundings around)
    {
        var launch = new LaunchCommand(around);
        launch.named.CompletionSources.Add([.. KnownAdapters.Ids]);
        launch.adapter.CompletionSources.Add([.. KnownAdapters.Ids]);
        var command = new Command("launch", "Launch an agent, and tell its session's id.")
        {
            launch.named, launch.adapter, launch.prompt, launch.spec, launch.file, launch.limit, launch.callbackSession, launch.callbackAgent,
        };
        launch.options.AddTo(command);
        command.SetAction(launch.Execute);
        return command.WithExamples(
            ("agentctl launch -p 'Fix the flaky test'", "Claude Code here, in the background"),
            ("agentctl launch codex --wait -p - < task.md", "Codex, shown until it ends"),
            ("agentctl launch --spec plan.md --cwd ~/shop -p 'Do step 2'", "with a file put before the prompt"),
            ("agentctl launch -p 'Go on' -- --allowedTools Bash", "with arguments of the agent's own"));
    }

    private async Task<int> Execute(ParseResult parse, CancellationToken cancellationToken)
    {
        var kind = Kind(parse);
        if (kind is not null && KnownAdapters.WhyUnknown(kind, around.Environment) is { } unknown)
        {
            throw new UsageException(unknown);
        }

        if (parse.GetValue(prompt) is not { Length: > 0 } said)
        {
            throw new UsageException("Missing required option: --prompt. Say what the agent is to do: agentctl launch -p TEXT (or -p - to read it from stdin).");
        }

        var text = await PromptText.Read(said, cancellationToken);
        var order = options.Order(parse) with
        {
            Adapter = kind,
            Prompt = PromptText.With(text, parse.GetValue(spec), parse.GetValue(file) ?? [], parse.GetValue(limit)),
            Spec = parse.GetValue(spec),
            Meta = Meta(parse),
        };
        return await new LaunchRun(around, parse.GetValue(options.Json), parse.GetValue(options.Wait)).Run(order, cancellationToken);
    }

    private string? Kind(ParseResult parse)
    {
        var chosen = options.Words(parse, named).Own.Concat(parse.GetValue(adapter) ?? []).Distinct().ToList();
        return chosen.Count > 1
            ? throw new UsageException($"Several adapters were named ({string.Join(", ", chosen)}); this version launches one at a time.")
            : chosen.FirstOrDefault();
    }

    private Dictionary<string, string>? Meta(ParseResult parse)
    {
        var meta = new Dictionary<string, string>();
        if (parse.GetValue(callbackSession) is { } session)
        {
            meta["openclaw_callback_session_key"] = session;
        }

        if (parse.GetValue(callbackAgent) is { } agent)
        {
            meta["openclaw_callback_agent_id"] = agent;
        }

        return meta.Count > 0 ? meta : null;
    }
}
