using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary>Options that several commands spell the same.</summary>
internal static class CommonOptions
{
    public static Option<string?> Adapter(Surroundings around)
    {
        var option = new Option<string?>("--adapter") { Description = "Only this kind of agent.", HelpName = "adapter" };
        option.CompletionSources.Add([.. KnownAdapters.Ids]);
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } id && KnownAdapters.WhyUnknown(id, around.Environment) is { } problem)
            {
                result.AddError(problem);
            }
        });
        return option;
    }

    /// <summary>A length of time: <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>250ms</c>; a bare number is seconds.</summary>
    public static Option<string?> Duration(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "time" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && Commands.Duration.Parse(text) is null)
            {
                result.AddError($"Not a length of time: {text}. Say it like 30s, 5m or 1h.");
            }
        });
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    public static Argument<string> Session(Surroundings around)
    {
        var argument = new Argument<string>("session") { HelpName = "session", Description = "An id, any unique prefix of it, or <adapter>/<id>." };
        argument.CompletionSources.Add(_ => Completion.SessionIds.Of(around));
        return argument;
    }

    public static Argument<string[]> Sessions(Surroundings around)
    {
        var argument = new Argument<string[]>("session") { HelpName = "session", Description = "Ids, any unique prefixes of them, or <adapter>/<id>.", Arity = ArgumentArity.ZeroOrMore };
        argument.CompletionSources.Add(_ => Completion.SessionIds.Of(around));
        return argument;
    }

    /// <summary>The reference to ask for: <c>--adapter x id</c> says the same as <c>x/id</c>.</summary>
    public static string Reference(string session, string? adapter) =>
        adapter is null || session.StartsWith(adapter + "/", StringComparison.Ordinal) ? session : $"{adapter}/{session}";
}
