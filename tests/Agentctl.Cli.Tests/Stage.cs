using System.Text;
using Agentctl.Cli.Rendering;
using Agentctl.Cli.Terminals;
using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Cli.Tests;

/// <summary>Runs commands against a scripted answer, with a fake clock and a terminal that keeps what was written.</summary>
internal sealed class Stage
{
    private readonly MemoryStream output = new();
    private readonly MemoryStream error = new();

    public Stage(TerminalTraits? traits = null)
    {
        var terminal = new Terminal(output, error, traits ?? TerminalTraits.NotATerminal, TerminalTraits.NotATerminal);
        Around = new Surroundings(
            Environment, Clock, terminal, _ => Task.FromResult<IAgentctlApi>(Sessions),
            () => throw new InvalidOperationException("this command has no business in its own process"), () => terminal.Output);
    }

    public static AgentEnvironment Environment { get; } = new("/home/dev", new Dictionary<string, string>());
    public FakeClock Clock { get; } = new();
    public ScriptedSessions Sessions { get; } = new();
    public Surroundings Around { get; }
    public string Output => Encoding.UTF8.GetString(output.ToArray());
    public string Error => Encoding.UTF8.GetString(error.ToArray());

    public Task<int> Run(params string[] arguments) => CommandLine.Run(arguments, Around, Xunit.TestContext.Current.CancellationToken);

    public static Look Look(int? width, bool colour = false) =>
        new(new FakeClock().GetUtcNow(), TimeZoneInfo.Utc, Environment, width, new Paint(colour));
}
