using System.CommandLine;
using Agentctl.Adapters.Acp;
using Agentctl.Cli.Configuration;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>Options that the commands about ACP sessions spell the same.</summary>
internal sealed class AcpOptions
{
    private readonly Surroundings around;

    public AcpOptions(Surroundings around)
    {
        this.around = around;
        Agent.CompletionSources.Add(_ => AcpAgents.Names(ConfigFile.Load(around.Environment).Acp.Agents).Select(static name => new System.CommandLine.Completions.CompletionItem(name)));
        When.OneOf("deny", "fail", "ask");
    }

    public Option<string?> Agent { get; } = new("--agent", "-a") { Description = "Which ACP agent (config: acp_agent).", HelpName = "agent" };
    public Option<string?> Name { get; } = new("--name", "-s") { Description = "Tells sessions of one agent and directory apart.", HelpName = "name" };
    public Option<string?> Cwd { get; } = new("--cwd") { Description = "Where to work; the current directory when left out.", HelpName = "dir" };
    public Option<string?> Model { get; } = new("--model") { Description = "A model that the agent offers.", HelpName = "model" };
    public Option<string?> Mode { get; } = new("--mode") { Description = "A mode that the agent offers.", HelpName = "mode" };
    public Option<string[]> ConfigOption { get; } = new("--config-option") { Description = "An option of the agent's, as key=value.", HelpName = "key=value", Arity = ArgumentArity.OneOrMore };
    public Option<bool> ApproveAll { get; } = new("--approve-all") { Description = "Allow everything." };
    public Option<bool> ApproveReads { get; } = new("--approve-reads") { Description = "Allow reading and searching in the session's directories; this is the default." };
    public Option<bool> DenyAll { get; } = new("--deny-all") { Description = "Refuse everything." };
    public Option<string?> When { get; } = new("--when-asked", "--non-interactive-permissions") { Description = "How to handle a request when no terminal is attached: deny, fail or ask (it waits for agentctl approvals).", HelpName = "what" };
    public Option<string?> Policy { get; } = new("--permission-policy", "--policy") { Description = "Rules: JSON, or a file with it: {\"autoApprove\":[…],\"autoDeny\":[…],\"escalate\":[…],\"defaultAction\":\"…\"}.", HelpName = "rules" };
    public Option<string?> Ttl { get; } = CommonOptions.Duration("--ttl", "How long an idle agent stays (default 300s; 0: for ever).");
    public Option<string[]> AddDir { get; } = new("--add-dir") { Description = "A further directory of the session's.", HelpName = "dir", Arity = ArgumentArity.OneOrMore };
    public Option<bool> NoFs { get; } = new("--no-fs") { Description = "Do not offer to read and write files." };
    public Option<bool> NoTerminal { get; } = new("--no-terminal") { Description = "Do not offer to run commands." };

    public static void AddTo(Command command, params ReadOnlySpan<Option> which)
    {
        foreach (var option in which)
        {
            command.Options.Add(option);
        }
    }

    public void AddPolicy(Command command) => AddTo(command, ApproveAll, ApproveReads, DenyAll, When, Policy);

    /// <summary>What a command line says about a session.</summary>
    public AcpSessionOrder Session(ParseResult parse, bool canAsk = false) => new()
    {
        Agent = parse.GetValue(Agent),
        Cwd = Path.GetFullPath(around.Environment.FullPath(parse.GetValue(Cwd) ?? Environment.CurrentDirectory)),
        Name = Has(parse, Name) ? parse.GetValue(Name) : null,
        Model = Has(parse, Model) ? parse.GetValue(Model) : null,
        ModeId = Has(parse, Mode) ? parse.GetValue(Mode) : null,
        Options = Has(parse, ConfigOption) ? OptionsOf(parse.GetValue(ConfigOption) ?? []) : null,
        Policy = PolicyOf(parse, canAsk),
        TtlSeconds = Has(parse, Ttl) && parse.GetValue(Ttl) is { } ttl ? Duration.Parse(ttl) : null,
        AdditionalDirectories = Has(parse, AddDir) && parse.GetValue(AddDir) is { Length: > 0 } directories ? [.. directories.Select(Path.GetFullPath)] : null,
        NoFs = Has(parse, NoFs) && parse.GetValue(NoFs),
        NoTerminal = Has(parse, NoTerminal) && parse.GetValue(NoTerminal),
        Environment = around.Environment.Variables,
    };

    /// <param name="canAsk">A person sits there who can be asked.</param>
    public AcpPolicyOrder? PolicyOf(ParseResult parse, bool canAsk)
    {
        string?[] modes = [parse.GetValue(ApproveAll) ? "approve-all" : null, parse.GetValue(ApproveReads) ? "approve-reads" : null, parse.GetValue(DenyAll) ? "deny-all" : null];
        var said = modes.OfType<string>().ToList();
        if (said.Count > 1)
        {
            throw new UsageException("--approve-all, --approve-reads and --deny-all cannot be combined.");
        }

        var when = parse.GetValue(When) ?? (canAsk ? "ask" : null);
        var order = parse.GetValue(Policy) is { } rules ? PermissionRules.Parse(rules) : null;
        return said.Count == 0 && when is null && order is null ? null : (order ?? new AcpPolicyOrder()) with { Mode = said.FirstOrDefault(), WhenAsked = when };
    }

    private static bool Has(ParseResult parse, Option option) => parse.CommandResult.Command.Options.Contains(option);

    private static Dictionary<string, string> OptionsOf(string[] pairs)
    {
        var options = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var sign = pair.IndexOf('=', StringComparison.Ordinal);
            options[sign > 0 ? pair[..sign] : throw new UsageException($"Not key=value: {pair}.")] = pair[(sign + 1)..];
        }

        return options;
    }
}
