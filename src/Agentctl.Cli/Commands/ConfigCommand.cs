using System.CommandLine;
using System.Text;
using Agentctl.Cli.Configuration;
using Agentctl.Cli.Rendering;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl config get|set|unset|list</c>: AGENTCTL_HOME/config.json. Secrets go in through stdin and never come out.</summary>
internal static class ConfigCommand
{
    private const long LargestValueBytes = 1 << 20;

    public static Command Create(Surroundings around) => new("config", "Show or change the configuration.") { List(around), Get(around), Set(around), Unset(around) };

    private static Command List(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("list", "Show every key, its value and its meaning.") { json };
        command.SetAction(parse =>
        {
            var config = ConfigFile.LoadReadable(around.Environment, out var invalid);
            if (parse.GetValue(json))
            {
                var pairs = AgentctlConfig.Keys.Select(key => (Key: key, Value: ConfigValues.Shown(config, key))).Where(pair => pair.Value is not null);
                var document = "{" + string.Join(",", pairs.Select(pair =>
                    $"{ConfigEdit.Quoted(pair.Key.Name)}:{(IsJson(pair.Key) ? pair.Value : ConfigEdit.Quoted(pair.Value!))}")) + "}";
                around.Terminal.Write(JsonIndent.Of(Encoding.UTF8.GetBytes(document)));
                return Reported(around, invalid);
            }

            var page = new Page();
            ConfigTable.Write(
                page,
                [.. AgentctlConfig.Keys.Select(key => new ConfigTable.Row(key.Name, IsInvalid(invalid, key) ? "invalid" : ConfigValues.Shown(config, key), key.Meaning, IsInvalid(invalid, key)))],
                around.Look());
            page.Append('\n').Append(around.Environment.Tilde(AgentctlConfig.PathIn(around.Environment.AgentctlHome))).Append('\n');
            around.Terminal.Write(page);
            return Reported(around, invalid);
        });
        return command.WithExamples(("agentctl config list", "what is set"));
    }

    private static Command Get(Surroundings around)
    {
        var name = KeyArgument();
        var command = new Command("get", "Print one value; of a secret only whether it is set.") { name };
        command.SetAction(parse =>
        {
            var key = Known(parse.GetRequiredValue(name));
            var config = ConfigFile.LoadReadable(around.Environment, out var invalid);
            if (IsInvalid(invalid, key))
            {
                return Reported(around, invalid);
            }

            if (ConfigValues.Shown(config, key) is not { } value)
            {
                around.Terminal.Note($"{key.Name} is not set. Set it: agentctl config set {key.Name} {(key.IsSecret ? TextInput.FromStdin : "<value>")}");
                return ExitCode.NotFound;
            }

            around.Terminal.Write(value + "\n");
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl config get adapter", "the adapter launch uses"));
    }

    private static Command Set(Surroundings around)
    {
        var name = KeyArgument();
        var value = new Argument<string>("value") { Description = "The value; - reads it from stdin, as secrets must be." };
        var command = new Command("set", "Change one key; all else in the file stays as it is.") { name, value };
        command.SetAction((parse, cancellationToken) => Change(around, Known(parse.GetRequiredValue(name)), parse.GetRequiredValue(value), cancellationToken));
        return command.WithExamples(
            ("agentctl config set adapter_timeout 8", "wait longer for a slow disk"),
            ("agentctl config set openclaw_token - < token-file", "a secret, not through the command line"));
    }

    private static async Task<int> Change(Surroundings around, ConfigKey key, string value, CancellationToken cancellationToken)
    {
        if (value == TextInput.FromStdin)
        {
            value = TextInput.Stdin(LargestValueBytes, cancellationToken).TrimEnd('\r', '\n');
        }
        else if (key.IsSecret)
        {
            throw new UsageException($"{key.Name} is a secret and does not belong on a command line: agentctl config set {key.Name} - < file");
        }

        if (value.Length == 0)
        {
            throw new UsageException($"The value of {key.Name} must not be empty; nothing was changed. To remove it: agentctl config unset {key.Name}");
        }

        var json = key.Kind is ConfigKind.Text or ConfigKind.AcpText or ConfigKind.LockMode ? ConfigEdit.Quoted(value) : value;
        if (WhyRefused(key, value, json) is { } refusal)
        {
            throw new UsageException($"{refusal}; nothing was changed");
        }

        await ConfigFile.Change(
            around.Environment,
            before =>
            {
                var after = ConfigEdit.Set(before, key.Name, json);
                return AgentctlConfig.Parse(AgentctlConfig.PathIn(around.Environment.AgentctlHome), after) is ConfigOutcome.Invalid { Problems: [var other, ..] } invalid
                    ? throw new UsageException($"{invalid}; nothing was changed. Remove that setting first: agentctl config unset {other.Key}")
                    : after;
            },
            cancellationToken);
        return ExitCode.Done;
    }

    private static string? WhyRefused(ConfigKey key, string value, string json)
    {
        if (!ConfigEdit.IsOneValue(json))
        {
            return key.IsSecret ? $"that is no JSON value for {key.Name}: {key.Meaning}" : $"{value} is no JSON value for {key.Name}: {key.Meaning}";
        }

        return AgentctlConfig.Parse("config.json", ConfigEdit.Set([], key.Name, json)) is ConfigOutcome.Invalid invalid
            ? invalid.Problem.Replace("\"", "", StringComparison.Ordinal)
            : null;
    }

    private static Command Unset(Surroundings around)
    {
        var name = KeyArgument();
        var command = new Command("unset", "Remove one key, so that its default applies again.") { name };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var key = parse.GetRequiredValue(name);
            var isSet = false;
            await ConfigFile.Change(
                around.Environment,
                before =>
                {
                    var after = ConfigEdit.Remove(before, key);
                    isSet = after.Length != before.Length;
                    return after;
                },
                cancellationToken);
            if (!isSet)
            {
                around.Terminal.Note($"{Known(key).Name} is not set; nothing was changed.");
            }

            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl config unset model", "let each agent choose its model again"));
    }

    private static bool IsInvalid(ConfigOutcome.Invalid? invalid, ConfigKey key) => invalid is not null && invalid.Problems.Any(problem => problem.Key == key.Name);

    private static int Reported(Surroundings around, ConfigOutcome.Invalid? invalid)
    {
        if (invalid is null)
        {
            return ExitCode.Done;
        }

        foreach (var line in invalid.Full().Split('\n'))
        {
            around.Terminal.Note(line);
        }

        return ExitCode.Usage;
    }

    private static Argument<string> KeyArgument()
    {
        var argument = new Argument<string>("key") { HelpName = "key", Description = "One of: " + string.Join(", ", AgentctlConfig.Keys.Select(key => key.Name)) + "." };
        argument.CompletionSources.Add([.. AgentctlConfig.Keys.Select(key => key.Name)]);
        return argument;
    }

    private static ConfigKey Known(string name) => AgentctlConfig.Keys.FirstOrDefault(key => key.Name == name)
        ?? throw new UsageException($"Unknown key: {name}. Known: {string.Join(", ", AgentctlConfig.Keys.Select(key => key.Name))}.");

    /// <summary>Its value is shown as JSON already.</summary>
    private static bool IsJson(ConfigKey key) =>
        !key.IsSecret && key.Kind is ConfigKind.Seconds or ConfigKind.SecondsByAdapter or ConfigKind.Count or ConfigKind.CountByName or ConfigKind.TextList or ConfigKind.AcpNumber;
}
