using System.CommandLine;
using System.CommandLine.Invocation;

namespace Agentctl.Cli.Commands;

/// <summary><c>--version</c>, <c>-V</c>.</summary>
internal static class VersionFlag
{
    public static Option<bool> Create(Surroundings around) => new("--version", "-V")
    {
        Description = "Print version, commit and runtime.",
        Action = new Print(around),
    };

    internal sealed class Print(Surroundings around) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            around.Terminal.WriteLine(Versions.Line);
            return ExitCode.Done;
        }
    }
}
