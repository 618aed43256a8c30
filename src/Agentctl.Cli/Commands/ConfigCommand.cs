using System.CommandLine;
using System.Text;
using Agentctl.Cli.Configuration;
using Agentctl.Cli.Rendering;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl config get|set|list</c>: AGENTCTL_HOME/config.json. Secrets go in through stdin and never come out.</summary>
internal static class ConfigCommand
{
    private const string FromStdin = "-";

    public static Command Create(Surroundings around) => new("config", "Show or change the configuration.") { List(around), Get(around), Set(around) };

    private static Command List(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("list", "Show every key, its value and its meaning.") { json };
        command.SetAction(parse =>
        {
            var config = Load(around);
            if (parse.GetValue(json))
            {
                var pairs = AgentctlConfig.Keys.Select(key => (Key: key, Value: ConfigValues.Shown(config, key))).Where(pair => pair.Value is not null);
                var document = "{" + string.Join(",", pairs.Select(pair =>
                    $"{ConfigEdit.Quoted(pair.Key.Name)}:{(IsJson(pair.Key) ? pair.Value : ConfigEdit.Quoted(pair.Value!))}")) + "}";
                around.Terminal.Write(JsonIndent.Of(Encoding.UTF8.GetBytes(document)));
                return;
            }

            var table = new Table(new Column("Key"), new Column("Value", Readable: 16), new Column("Meaning", Readable: 20, Leaves: 1));
            foreach (var key in AgentctlConfig.Keys)
            {
                var value = ConfigValues.Shown(config, key);
                table.Add(key.Name, new Cell(value is null ? "unset" : PlainText.OneLine(value), value is null ? Ink.Faint : Ink.Plain), new Cell(key.Meaning, Ink.Faint));
            }

            var page = new Page();
            var look = around.Look();
            table.Write(page, look.Width, look.Paint);
            page.Append('\n').Append(around.Environment.Tilde(AgentctlConfig.PathIn(around.Environment.AgentctlHome))).Append('\n');
            around.Terminal.Write(page);
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
            if (ConfigValues.Shown(Load(around), key) is not { } value)
            {
                around.Terminal.Note($"{key.Name} is not set. Set it: agentctl config set {key.Name} {(key.IsSecret ? FromStdin : "<value>")}");
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
        if (value == FromStdin)
        {
            using var input = new StreamReader(Console.OpenStandardInput());
            value = (await input.ReadToEndAsync(cancellationToken)).TrimEnd('\r', '\n');
        }
        else if (key.IsSecret)
        {
            throw new UsageException($"{key.Name} is a secret and does not belong on a command line: agentctl config set {key.Name} - < file");
        }

        if (value.Length == 0)
        {
            throw new UsageException($"The value of {key.Name} must not be empty; nothing was changed.");
        }

        // A file that cannot be read as it is is not written to.
        Load(around);
        var home = around.Environment.AgentctlHome;
        var path = AgentctlConfig.PathIn(home);
        var changed = ConfigEdit.Set(
            File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : [],
            key.Name,
            key.Kind is ConfigKind.Text or ConfigKind.AcpText or ConfigKind.LockMode ? ConfigEdit.Quoted(value) : value);
        if (AgentctlConfig.Parse(path, changed) is ConfigOutcome.Invalid invalid)
        {
            throw new UsageException(invalid.Problem.Contains(key.Name, StringComparison.Ordinal)
                ? $"{invalid.Problem.Replace("\"", "", StringComparison.Ordinal)}; nothing was changed"
                : $"{value} is no JSON value for {key.Name}: {key.Meaning}; nothing was changed");
        }

        PrivateDirectory.Ensure(home);
        DurableFile.Replace(path, changed, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return ExitCode.Done;
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
        !key.IsSecret && key.Kind is ConfigKind.Seconds or ConfigKind.SecondsByAdapter or ConfigKind.Count or ConfigKind.CountByName or ConfigKind.TextList;

    private static AgentctlConfig Load(Surroundings around) => ConfigFile.Load(around.Environment);
}
