using System.CommandLine;
using Agentctl.Core;

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
            if (result.GetValueOrDefault<string?>() is { } id && KnownAdapters.WhyUnknown(id, around.Environment, withAcp: true) is { } problem)
            {
                result.AddError(problem);
            }
        });
        return option;
    }

    /// <summary>A time limit: <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>250ms</c>; a bare number is seconds.</summary>
    public static Option<string?> Duration(string name, string description) =>
        LengthOfTime(name, description, TimeLimit.Range, static seconds => TimeLimit.TryFromSeconds(seconds) is not null);

    /// <summary>How long something is kept, written like a time limit; it may be much longer than one.</summary>
    public static Option<string?> Lifetime(string name, string description) =>
        LengthOfTime(name, description, Core.Lifetime.Range, static seconds => Core.Lifetime.TryFromSeconds(seconds) is not null);

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

    private static Option<string?> LengthOfTime(string name, string description, string range, Func<double, bool> isWithin)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "time" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is not { } text)
            {
                return;
            }

            if (Commands.Duration.Parse(text) is not { } seconds)
            {
                result.AddError($"Not a length of time: {text}. Say it like 30s, 5m or 1h.");
            }
            else if (!isWithin(seconds))
            {
                result.AddError($"{name} must be {range}; {text} is longer.");
            }
        });
        return option;
    }
}
