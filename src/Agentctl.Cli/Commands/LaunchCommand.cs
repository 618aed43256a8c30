using System.CommandLine;
using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Cli.Commands;

/// <summary>
/// <c>agentctl launch</c>: runs an agent under a shim of its own (docs/guide/launch-an-agent.md), or several, each in a worktree of
/// its own (docs/guide/many-at-once.md).
/// </summary>
internal sealed class LaunchCommand
{
    private const int LargestMatrixBytes = 16 << 20;

    private readonly Surroundings around;
    private readonly LaunchOptions options = new();
    private readonly Argument<string?> named = new("adapter") { HelpName = "adapter", Description = "The kind of agent; config's, else claude-code.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> adapter = new("--adapter") { Description = "The same as an option; several launch several, each with the --model that follows it.", HelpName = "adapter" };
    private readonly Option<string?> matrix = new("--matrix") { Description = "A YAML file of launches; lists in it stand for one launch each.", HelpName = "file" };
    private readonly Option<string?> worktree = new("--worktree") { Description = "Work in a new worktree of this repository.", HelpName = "repo" };
    private readonly Option<string?> branch = new("--branch") { Description = "The worktree's branch: made, or used when it is there.", HelpName = "branch" };
    private readonly Option<string?> baseBranch = new("--base-branch") { Description = "What a new branch begins at; else where the repository stands.", HelpName = "branch" };
    private readonly Option<string?> prompt = new("--prompt", "-p") { Description = "The prompt; - reads it from stdin.", HelpName = "text" };
    private readonly Option<string?> spec = new("--spec") { Description = "A file put before everything else.", HelpName = "file" };
    private readonly Option<string[]> file = new("--file") { Description = "A file put before the prompt; repeatable.", HelpName = "file" };
    private readonly Option<long> limit = new("--max-file-size") { Description = "Largest such file, in bytes.", HelpName = "bytes", DefaultValueFactory = static _ => PromptText.UsualFileLimitBytes };
    private readonly Option<int?> issue = new("--issue") { Description = "An issue of GitHub put before the prompt, read by gh.", HelpName = "number" };
    private readonly Option<string?> repo = new("--repo") { Description = "Where the issue is; else the directory's own remote.", HelpName = "owner/name" };
    private readonly Option<string?> onCreate = new("--on-create") { Description = "A shell command that runs before the agent; its failure stops the launch.", HelpName = "command" };
    private readonly Option<string?> onComplete = new("--on-complete") { Description = "A shell command that runs after the agent has ended.", HelpName = "command" };
    private readonly Option<bool> queue = new("--queue") { Description = "Wait for a turn when slots or the directory are taken." };
    private readonly Option<string?> queueTimeout = CommonOptions.Duration("--queue-timeout", "How long it may wait for its turn.");
    private readonly Option<string?> callbackSession = new("--callback-session") { Description = "Stored in the session's meta for callbacks.", HelpName = "key" };
    private readonly Option<string?> callbackAgent = new("--callback-agent") { Description = "Stored in the session's meta for callbacks.", HelpName = "id" };

    private LaunchCommand(Surroundings around) => this.around = around;

    public static Command Create(Surroundings around)
    {
        var launch = new LaunchCommand(around);
        launch.named.CompletionSources.Add([.. KnownAdapters.Ids]);
        launch.adapter.CompletionSources.Add([.. KnownAdapters.Ids]);
        var command = new Command("launch", "Start agents and print their session ids.")
        {
            launch.named, launch.adapter, launch.prompt, launch.spec, launch.file, launch.limit, launch.issue, launch.repo,
            launch.matrix, launch.worktree, launch.branch, launch.baseBranch,
            launch.onCreate, launch.onComplete, launch.queue, launch.queueTimeout, launch.callbackSession, launch.callbackAgent,
        };
        launch.options.AddTo(command);
        command.SetAction(launch.Execute);
        return command.WithExamples(
            ("agentctl launch -p 'Fix the flaky test'", "Claude Code here, in the background"),
            ("agentctl launch codex --wait -p - < task.md", "Codex, shown until it ends"),
            ("agentctl launch --spec plan.md --cwd ~/shop -p 'Do step 2'", "with a file put before the prompt"),
            ("agentctl launch --adapter claude-code --model opus --adapter codex -p 'Fix it'", "two agents, each in a worktree of its own"),
            ("agentctl launch --matrix sweep.yaml", "as many as a file says"),
            ("agentctl launch --queue -p 'Then the docs'", "when the directory is free"),
            ("agentctl launch -p 'Go on' -- --allowedTools Bash", "with arguments of the agent's own"));
    }

    private async Task<int> Execute(ParseResult parse, CancellationToken cancellationToken)
    {
        var word = options.Words(parse, named).Own is [var first, ..] ? first : null;
        var slots = LaunchSlots.Of(parse, adapter, options.Model, word);
        var plan = parse.GetValue(matrix) is { } path ? ReadMatrix(path, slots is [(null, _)], cancellationToken) : null;
        if (plan is null && slots.Count == 1 && parse.GetValue(worktree) is null)
        {
            if ((parse.GetValue(branch) ?? parse.GetValue(baseBranch)) is not null)
            {
                throw new UsageException("--branch and --base-branch are about a worktree: say of which repository, --worktree REPO.");
            }

            var single = Order(parse, slots[0].Adapter, slots[0].Model) with { Prompt = await Prompt(parse, Said(parse, null), null, cancellationToken) };
            return await new LaunchRun(around, parse.GetValue(options.Json), parse.GetValue(options.Wait)).Run(single, cancellationToken);
        }

        if (plan is null && slots.Count == 1 && parse.GetValue(branch) is null)
        {
            throw new UsageException("Missing required option: --branch. A worktree needs one: agentctl launch --worktree REPO --branch NAME -p TEXT.");
        }

        var many = new ManyOrder(
            plan is null ? await FromFlags(parse, slots, cancellationToken) : await FromMatrix(parse, plan, slots[0].Model, cancellationToken),
            parse.GetValue(worktree) ?? plan?.Cwd ?? parse.GetValue(options.Cwd) ?? ".",
            parse.GetValue(options.Group));
        return await new LaunchManyRun(around, parse.GetValue(options.Json), parse.GetValue(options.Wait)).Run(many, cancellationToken);
    }

    private static MatrixPlan ReadMatrix(string path, bool isAlone, CancellationToken cancellationToken)
    {
        if (!isAlone)
        {
            throw new UsageException("--matrix says which adapters are launched; leave --adapter out.");
        }

        return MatrixFile.Parse(path, TextInput.Read(path, LargestMatrixBytes, cancellationToken)) switch
        {
            MatrixOutcome.Read { Plan: var plan } => plan,
            MatrixOutcome.Wrong { Problem: var problem } => throw new UsageException(problem),
            _ => throw new InvalidOperationException("a matrix is read or wrong"),
        };
    }

    private async Task<IReadOnlyList<SlotOrder>> FromFlags(ParseResult parse, IReadOnlyList<(string? Adapter, string? Model)> slots, CancellationToken cancellationToken)
    {
        var text = await Prompt(parse, Said(parse, null), null, cancellationToken);
        return
        [
            .. slots.Select(slot => new SlotOrder(
                Order(parse, slot.Adapter, slot.Model) with { Prompt = text, Cwd = null }, parse.GetValue(branch), parse.GetValue(baseBranch), SharesBranch: slots.Count > 1)),
        ];
    }

    private async Task<IReadOnlyList<SlotOrder>> FromMatrix(ParseResult parse, MatrixPlan plan, string? usualModel, CancellationToken cancellationToken)
    {
        var slots = new List<SlotOrder>();
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in plan.Entries)
        {
            var said = Said(parse, entry.Prompt ?? plan.Prompt, entry.Prompt is not null);
            if (!texts.TryGetValue(said, out var text))
            {
                texts[said] = text = await Prompt(parse, said, plan.Spec, cancellationToken);
            }

            var order = Order(parse, entry.Adapter, entry.Model ?? usualModel);
            slots.Add(new SlotOrder(
                order with
                {
                    Prompt = text,
                    Cwd = entry.Cwd ?? parse.GetValue(worktree) ?? plan.Cwd,
                    Name = entry.Name ?? order.Name,
                    PermissionMode = entry.PermissionMode ?? order.PermissionMode,
                    Thinking = entry.Thinking ?? order.Thinking,
                    Spec = parse.GetValue(spec) ?? plan.Spec,
                    OnCreate = order.OnCreate ?? plan.OnCreate,
                    OnComplete = order.OnComplete ?? plan.OnComplete,
                    AgentArguments = [.. entry.Arguments, .. order.AgentArguments ?? []],
                },
                entry.Branch ?? parse.GetValue(branch),
                entry.BaseBranch ?? parse.GetValue(baseBranch),
                SharesBranch: entry.Branch is null
                    ? plan.Entries.Count > 1
                    : plan.Entries.Any(other => other.Index == entry.Index && other != entry && other.Branch == entry.Branch)));
        }

        return slots;
    }

    /// <summary>What was said at the command line, else in the file; of an entry of its own the file's word is the last.</summary>
    private string Said(ParseResult parse, string? ofFile, bool isOfEntry = false) =>
        (isOfEntry ? ofFile : parse.GetValue(prompt) is { Length: > 0 } said ? said : ofFile)
        ?? throw new UsageException("Missing required option: --prompt. Say what the agent is to do: agentctl launch -p TEXT (or -p - to read it from stdin).");

    /// <summary>The whole prompt: the issue first, then the specification and the files, then what was said.</summary>
    private async Task<string> Prompt(ParseResult parse, string said, string? usualSpec, CancellationToken cancellationToken)
    {
        var text = PromptText.With(PromptText.Read(said, cancellationToken), parse.GetValue(spec) ?? usualSpec, parse.GetValue(file) ?? [], parse.GetValue(limit), cancellationToken);
        return parse.GetValue(issue) is { } number
            ? await IssueText.Before(text, number, parse.GetValue(repo), parse.GetValue(worktree) ?? parse.GetValue(options.Cwd) ?? ".", around.Environment, cancellationToken)
            : parse.GetValue(repo) is null ? text : throw new UsageException("--repo says where an issue is: say which, --issue NUMBER.");
    }

    private LaunchOrder Order(ParseResult parse, string? kind, string? model) =>
        kind is not null && KnownAdapters.WhyUnknown(kind, around.Environment) is { } unknown
            ? throw new UsageException(unknown)
            : options.Order(parse, model) with
            {
                Adapter = kind,
                Spec = parse.GetValue(spec),
                Meta = Meta(parse),
                OnCreate = parse.GetValue(onCreate),
                OnComplete = parse.GetValue(onComplete),
                Queue = parse.GetValue(queue),
                QueueTimeoutSeconds = parse.GetValue(queueTimeout) is { } time ? Duration.Parse(time) : null,
            };

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
