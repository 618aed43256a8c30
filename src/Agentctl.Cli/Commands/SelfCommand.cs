using System.CommandLine;
using Agentctl.Cli.Installing;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl self install</c> and <c>self uninstall</c>: the executables on PATH, and away again.</summary>
internal static class SelfCommand
{
    public static Command Create(Surroundings around)
    {
        var install = new Command("install", "Copy agentctl below a prefix and link it, and its old name agent-ctl, into bin.");
        Add(install, around, (installation, _) => installation.Install());
        var uninstall = new Command("uninstall", "Take away what install put there, nothing else.");
        Add(uninstall, around, (installation, _) => installation.Uninstall());
        return new Command("self", "Install or uninstall agentctl itself.")
        {
            install.WithExamples(("agentctl self install", "into ~/.local"), ("agentctl self install --prefix /opt/agentctl", "elsewhere")),
            uninstall.WithExamples(("agentctl self uninstall", "from ~/.local")),
        };
    }

    private static void Add(Command command, Surroundings around, Func<Installation, CancellationToken, InstallOutcome> act)
    {
        var prefix = new Option<string?>("--prefix") { Description = "Where to (default ~/.local).", HelpName = "folder" };
        command.Options.Add(prefix);
        command.SetAction((parse, cancellationToken) =>
        {
            var folder = Path.GetFullPath(parse.GetValue(prefix) ?? Path.Combine(around.Environment.Home, ".local"));
            var outcome = act(new Installation(folder, AppContext.BaseDirectory), cancellationToken);
            foreach (var line in outcome.Lines)
            {
                if (outcome.Code == ExitCode.Done)
                {
                    around.Terminal.WriteLine(around.Environment.Tilde(line));
                }
                else
                {
                    around.Terminal.Note(line);
                }
            }

            if (outcome.Code == ExitCode.Done && command.Name == "uninstall")
            {
                around.Terminal.Note($"Sessions, configuration and logs stay in {around.Environment.Tilde(around.Environment.AgentctlHome)}. A daemon that runs stays until it is stopped; a systemd unit until agentctl daemon uninstall.");
            }

            if (outcome is { Code: ExitCode.Done, Bin: { } bin } && !(around.Environment["PATH"] ?? "").Split(':').Contains(bin))
            {
                around.Terminal.Note($"{around.Environment.Tilde(bin)} is not on your PATH; add it: export PATH=\"{bin}:$PATH\"");
            }

            return Task.FromResult(outcome.Code);
        });
    }
}
