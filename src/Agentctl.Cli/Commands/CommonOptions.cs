using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary>Options that several commands spell the same.</summary>
internal static class CommonOptions
{
    public static Option<string?> Adapter()
    {
        var option = new Option<string?>("--adapter") { Description = "Only this kind of agent.", HelpName = "adapter" };
        option.CompletionSources.Add([.. KnownAdapters.Ids]);
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } id && !KnownAdapters.Ids.Contains(id))
            {
                result.AddError($"Unknown adapter: {id}. Known: {string.Join(", ", KnownAdapters.Ids)}.");
            }
        });
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    public static Argument<string> Session(Surroundings around)
    {
        var argument = new Argument<string>("session") { Description = "An id, any unique prefix of it, or <adapter>/<id>." };
        argument.CompletionSources.Add(_ => Completion.SessionIds.Of(around));
        return argument;
    }

    /// <summary>The reference to ask for: <c>--adapter x id</c> says the same as <c>x/id</c>.</summary>
    public static string Reference(string session, string? adapter) =>
        adapter is null || session.StartsWith(adapter + "/", StringComparison.Ordinal) ? session : $"{adapter}/{session}";
}
