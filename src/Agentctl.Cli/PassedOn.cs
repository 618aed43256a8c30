using System.CommandLine;

namespace Agentctl.Cli;

/// <summary>The words after <c>--</c> that a command hands to another program without reading them: any of them may be empty or begin with a dash.</summary>
internal sealed class PassedOn : Argument<string[]>
{
    public PassedOn(string name)
        : base(name) => Arity = ArgumentArity.ZeroOrMore;

    /// <summary>What follows <c>--</c>, for a caller who left it out.</summary>
    public required string Hint { get; init; }

    public static bool IsTakenBy(Command command) => command.Arguments.Any(static argument => argument is PassedOn);

    public static string HintOf(Command command) => command.Arguments.OfType<PassedOn>().First().Hint;
}
