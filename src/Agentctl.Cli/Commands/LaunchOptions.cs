using System.CommandLine;
using System.CommandLine.Parsing;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>What <c>launch</c> and <c>resume</c> take alike.</summary>
internal sealed class LaunchOptions
{
    public Option<string?> Cwd { get; } = new("--cwd") { Description = "Directory to work in; a session's own when it is resumed.", HelpName = "dir" };
    public Option<string[]> Model { get; } = new("--model") { Description = "The model, passed to the agent as is.", HelpName = "model" };
    public Option<string?> Thinking { get; } = new("--thinking") { Description = "Reasoning effort, passed to the agent as is.", HelpName = "level" };
    public Option<string?> PermissionMode { get; } = new("--permission-mode") { Description = "What the agent may do without asking, in its own words; its own default when left out.", HelpName = "mode" };
    public Option<string?> Name { get; } = new("--name") { Description = "A name to show for it.", HelpName = "name" };
    public Option<string?> Group { get; } = new("--group") { Description = "A tag that several sessions share.", HelpName = "group" };
    public Option<string[]> Env { get; } = new("--env") { Description = "A variable for the agent, on top of your environment; repeatable.", HelpName = "K=V" };
    public Option<string?> Timeout { get; } = CommonOptions.Duration("--timeout", "Stop the agent after this long.");
    public Option<bool> Force { get; } = new("--force") { Description = "Work in a directory although it is locked." };
    public Option<bool> KeepChildren { get; } = new("--keep-children") { Description = "Let what the agent leaves behind live on." };
    public Option<bool> Open { get; } = new("--open") { Description = "Keep the agent's input open after this prompt, for agentctl send." };
    public Option<bool> Wait { get; } = new("--wait") { Description = "Show what it says until it ends, and exit with its outcome." };
    public Option<bool> Json { get; } = CommonOptions.Json();
    public PassedOn AgentArguments { get; } = new("args") { Description = "After --: arguments for the agent itself.", Hint = "Arguments for the agent itself follow --." };

    public void AddTo(Command command)
    {
        Env.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (token.Value.IndexOf('=') < 1)
                {
                    result.AddError($"Not a variable: {token.Value}. Say it like --env NAME=value.");
                }
            }
        });
        foreach (var option in (Option[])[Cwd, Model, Thinking, PermissionMode, Name, Group, Env, Timeout, Force, KeepChildren, Open, Wait, Json])
        {
            command.Options.Add(option);
        }

        command.Arguments.Add(AgentArguments);
    }

    /// <summary>The order, but for what only one of the two commands knows.</summary>
    public LaunchOrder Order(ParseResult parse) => Order(parse, parse.GetValue(Model) switch
    {
        null or [] => null,
        [var one] => one,
        var several => throw new UsageException($"Several models were named ({string.Join(", ", several)}), and there is one session."),
    });

    /// <summary>The same with this model.</summary>
    public LaunchOrder Order(ParseResult parse, string? model) => new()
    {
        Cwd = parse.GetValue(Cwd),
        Model = model,
        Thinking = parse.GetValue(Thinking),
        PermissionMode = parse.GetValue(PermissionMode),
        Name = parse.GetValue(Name),
        Group = parse.GetValue(Group),
        Environment = parse.GetValue(Env) is { Length: > 0 } variables
            ? variables.ToDictionary(static pair => pair[..pair.IndexOf('=')], static pair => pair[(pair.IndexOf('=') + 1)..])
            : null,
        TimeoutSeconds = parse.GetValue(Timeout) is { } time ? Duration.Parse(time) : null,
        Force = parse.GetValue(Force),
        KeepChildren = parse.GetValue(KeepChildren),
        KeepOpen = parse.GetValue(Open),
        AgentArguments = Words(parse).AgentArguments,
    };

    /// <summary>
    /// The words of a command line by what they are: those before <c>--</c> are the command's, in order, those after it the agent's.
    /// The parser gives each word to the next free argument, wherever it stood.
    /// </summary>
    public (IReadOnlyList<string> Own, IReadOnlyList<string> AgentArguments) Words(ParseResult parse, params ReadOnlySpan<Argument<string?>> own)
    {
        var after = parse.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Select(static token => token.Value).ToList();
        var words = new List<string>();
        foreach (var argument in own)
        {
            if (parse.GetValue(argument) is { } word)
            {
                words.Add(word);
            }
        }

        words.AddRange(parse.GetValue(AgentArguments) ?? []);
        var before = own.Length == 0 ? [] : words.Take(words.Count - after.Count).ToList();
        return before.Count > own.Length
            ? throw new UsageException($"Unexpected argument: {before[own.Length]}. Arguments for the agent itself follow --.")
            : (before, after);
    }
}
