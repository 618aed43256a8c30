using System.CommandLine;
using System.CommandLine.Help;
using Xunit;

namespace Agentctl.Cli.Tests;

/// <summary>Every argument and every option of every command, given words that nobody means.</summary>
public sealed class StrictWordsTests
{
    private readonly Stage stage = new();

    /// <summary>A place where a value can stand: the words before it, without it.</summary>
    public static TheoryData<string, string> Places
    {
        get
        {
            var places = new TheoryData<string, string>();
            foreach (var (path, command) in Leaves(CommandLine.Build(new Stage().Around), []))
            {
                foreach (var argument in command.Arguments.Where(static argument => argument is not PassedOn))
                {
                    places.Add(string.Join(' ', path.Concat(Before(command, argument))), $"<{argument.HelpName ?? argument.Name}>");
                }

                foreach (var option in command.Options.Where(static option => option is not HelpOption && option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool)))
                {
                    places.Add(string.Join(' ', path.Concat(Before(command, null)).Append(option.Name)), option.Name);
                }
            }

            return places;
        }
    }

    [Fact]
    public void The_table_holds_every_command() => Assert.InRange(Places.Count, 150, 1000);

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Empty_value_is_refused_by_name_and_nothing_is_done(string before, string name)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run([.. before.Split(' '), ""]));
        Assert.StartsWith($"{name} must not be empty.\n", stage.Error, StringComparison.Ordinal);
        NothingWasDone();
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Value_with_a_NUL_is_refused_by_name(string before, string name)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run([.. before.Split(' '), "a\0b"]));
        Assert.StartsWith($"{name} must not contain a NUL character.\n", stage.Error, StringComparison.Ordinal);
        NothingWasDone();
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Word_that_begins_with_a_dash_is_no_value(string before, string name)
    {
        foreach (var word in new[] { "--bogus", "-Z", "-1", "--bogus=x", "--" + new string('x', 10_000) })
        {
            var own = new Stage();
            Assert.Equal(ExitCode.Usage, await own.Run([.. before.Split(' '), word]));
            Assert.StartsWith($"Unknown option: {word}.", own.Error, StringComparison.Ordinal);
            Assert.True(own.Error.Contains(name, StringComparison.Ordinal) || name[0] == '<', own.Error);
            Assert.Empty(own.Output);
            Assert.Empty(own.Sessions.Asked);
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Word_that_begins_with_a_slash_and_a_long_one_are_text(string before, string name)
    {
        _ = name;
        foreach (var word in new[] { "/h", "/?", "/help", "@x", "[suggest]", new string('x', 10_000), "$(reboot)", "\ud800" })
        {
            string[] typed = [.. before.Split(' '), word];
            var parse = CommandLine.Build(stage.Around).Parse(typed, CommandLine.Parsing);
            Assert.Contains(parse.CommandResult.Children, result => result.Tokens.Any(token => token.Value == word));
            Assert.Empty(StrictWords.Refusals(parse, typed));
            Assert.IsNotType<HelpAction>(parse.Action);
            Assert.IsNotType<Agentctl.Cli.Commands.HelpPage.WithExamplesAction>(parse.Action);
        }
    }

    [Theory]
    [InlineData("Unknown option: --frce. Did you mean --force? If it is not an option, put -- before it.", "stop", "--frce", "e241")]
    [InlineData("Unknown option: --deny-al. Did you mean --deny-all? If it is not an option, put -- before it.", "exec", "do it", "--deny-al")]
    [InlineData("Unknown option: --promt. Did you mean --prompt? Arguments for the agent itself follow --.", "launch", "codex", "--promt", "x")]
    [InlineData("Unknown option: --tmeout=5s. Did you mean --timeout?", "wait", "--tmeout=5s", "x")]
    [InlineData("Unknown option: --bogus. If it is the value of --model: --model=--bogus", "launch", "--model", "--bogus", "-p", "x")]
    [InlineData("--group must not be empty.", "stop", "--group=", "e241")]
    [InlineData("--group must not be empty.", "stop", "--group", "", "e241")]
    [InlineData("Unknown option: --bogus.", "config", "set", "model", "--bogus")]
    [InlineData("Unknown option: -e.", "lock", ".", "-e", "--", "make")]
    public async Task Refusal_says_what_to_write(string begins, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.StartsWith(begins, stage.Error, StringComparison.Ordinal);
        NothingWasDone();
    }

    [Theory]
    [InlineData("status", "--", "--bogus")]
    [InlineData("status", "-")]
    [InlineData("peek", "x", "-n3")]
    [InlineData("peek", "x", "-n=3")]
    [InlineData("list", "-aq")]
    [InlineData("list", "--group=-x")]
    [InlineData("send", "x", "--", "-5 degrees")]
    public void Word_that_is_meant_is_taken(params string[] typed)
    {
        var parse = CommandLine.Build(stage.Around).Parse(typed, CommandLine.Parsing);
        Assert.Empty(parse.Errors);
        Assert.Empty(StrictWords.Refusals(parse, typed));
    }

    [Theory]
    [InlineData("launch", "-p", "x", "--", "--allowedTools", "", "-x")]
    [InlineData("resume", "x", "y", "--", "", "-x")]
    [InlineData("lock", ".", "--", "make", "-j", "")]
    public void Words_for_another_program_are_not_read(params string[] typed)
    {
        var parse = CommandLine.Build(stage.Around).Parse(typed, CommandLine.Parsing);
        Assert.Empty(StrictWords.Refusals(parse, typed));
    }

    [Theory]
    [InlineData("Invalid value for --sort: bogus. Use state, age, started, id, adapter or cwd.", "list", "--sort", "bogus")]
    [InlineData("Invalid value for --max-file-size: abc. Use a number.", "launch", "--max-file-size", "abc")]
    [InlineData("Invalid value for --role: all. Use user, assistant, tool or system.", "peek", "x", "--role", "all")]
    [InlineData("Required command missing: list, cancel, move, release.", "queue")]
    [InlineData("Required argument missing: <session> <text>.", "send")]
    [InlineData("Required argument missing: <text>.", "send", "x")]
    [InlineData("--cwd needs a value.", "launch", "--cwd")]
    [InlineData("Unknown command: rm. Did you mean prune?\nSee: agentctl --help\n", "rm", "x")]
    [InlineData("Unknown command: kill. Did you mean stop?", "kill", "x")]
    [InlineData("Unknown command: list. Write it before --.", "--", "list")]
    [InlineData("Unknown command: nope.", "help", "nope")]
    [InlineData("Unknown command: lisst. Did you mean list?", "help", "queue", "lisst")]
    [InlineData("--json and --quiet cannot be combined: each prints something else.", "list", "--json", "-q")]
    [InlineData("--quiet and --count cannot be combined: each prints something else.", "list", "-q", "--count")]
    public async Task Message_names_what_is_wrong_in_words_of_the_command_line(string begins, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.StartsWith(begins, stage.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", stage.Error, StringComparison.Ordinal);
        NothingWasDone();
    }

    [Fact]
    public async Task Help_goes_through_the_terminal_of_the_command()
    {
        Assert.Equal(ExitCode.Done, await stage.Run("config", "set", "--help"));
        Assert.Contains("<key>", stage.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("|", stage.Output, StringComparison.Ordinal);
        Assert.Contains("agentctl config set adapter_timeout 8", stage.Output, StringComparison.Ordinal);
    }

    private void NothingWasDone()
    {
        Assert.Empty(stage.Output);
        Assert.Empty(stage.Sessions.Asked);
    }

    private static IEnumerable<(List<string> Path, Command Command)> Leaves(Command command, List<string> path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(sub => Leaves(sub, [.. path, sub.Name]));

    /// <summary>A right value for every required argument that stands before <paramref name="wanted"/>.</summary>
    private static IEnumerable<string> Before(Command command, Argument? wanted) => command.Arguments.TakeWhile(argument => argument != wanted)
        .Where(argument => argument.Arity.MinimumNumberOfValues > 0 || (wanted is not null && argument is not PassedOn && argument.Arity.MaximumNumberOfValues == 1))
        .Select(static argument => argument.Name switch { "place" => "1", "shell" => "bash", "key" => "adapter", _ => "x" });
}
