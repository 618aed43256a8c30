using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>The real ACP bridges, driven by agentctl.</summary>
public abstract class BridgeWorld : AgentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    /// <summary>The model, and the gateway with its workers: they stay when a session is closed.</summary>
    private static readonly string[] OfTheWorld = ["FakeModel", "gateway", "/openclaw/dist/"];

    private AgentctlCli agentctl = null!;

    private protected override Task Prepare()
    {
        var bin = Sandbox.Folder("bin");
        foreach (var (name, target) in new Dictionary<string, string>
        {
            ["claude-agent-acp"] = InstalledAgents.Bin("claude-agent-acp"),
            ["codex-acp"] = InstalledAgents.Bin("codex-acp"),
            ["pi-acp"] = InstalledAgents.Bin("pi-acp"),
            ["openclaw"] = InstalledAgents.OpenClaw,
        })
        {
            File.CreateSymbolicLink(Path.Combine(bin, name), target);
        }

        Sandbox.Variables["PATH"] = $"{bin}:{Sandbox.Variables["PATH"]}";
        foreach (var (name, value) in new ClaudeHome(Sandbox).Variables.Concat(new CodexHome(Sandbox).Variables))
        {
            Sandbox.Variables[name] = value;
        }

        Sandbox.Variables["ANTHROPIC_MODEL"] = "claude-fake";
        OtherAgents.Prepare(Sandbox);
        agentctl = new AgentctlCli(Sandbox, withDaemon: true);
        return Task.CompletedTask;
    }

    /// <summary>Prompt, tool, cancel, and going on after kill -9 of agent, shim and daemon.</summary>
    private protected async Task AnswersRunsAToolIsCancelledAndGoesOn(string agent)
    {
        Assert.Equal(0, (await Run("sessions", "new", "-a", agent, "--approve-all")).ExitCode);
        Assert.Contains("hello from the model", (await Prompt(agent, "SAY hello from the model")).Output, StringComparison.Ordinal);

        await Prompt(agent, $"RUN echo tool > {Sandbox.Work}/made.txt");
        Assert.Equal("tool", File.ReadAllText(Path.Combine(Sandbox.Work, "made.txt")).Trim());

        var turn = agentctl.Start("prompt", "-a", agent, "SLEEP 60");
        var row = await Eventually.See("the turn", Patience, () => Row(agentctl), one => one.GetProperty("status").GetString() == "running");
        Assert.Equal(0, (await Run("cancel", Id(row))).ExitCode);
        Assert.Equal(130, (await turn.Exit(Patience)).ExitCode);
        Assert.Equal("idle", (await Row(agentctl)).GetProperty("status").GetString());

        foreach (var victim in (string[])["agent", "shim", "daemon"])
        {
            await Kill(victim, (await Row(agentctl)).GetProperty("pid").GetInt32());
            var again = await Prompt(agent, $"SAY on after the {victim}");
            Assert.True(again.ExitCode == 0, $"after kill -9 of the {victim}: {again.Error}");
            Assert.Contains($"on after the {victim}", again.Output, StringComparison.Ordinal);
            // gemini offers session/load and fails it; the daemon's death alone costs no conversation.
            Assert.Equal(agent == "gemini" && victim != "daemon", again.Error.Contains("does not know what was said before", StringComparison.Ordinal));
        }

        // One conversation is one row, also where the agent's own adapter sees it.
        if (agent != "gemini")
        {
            Assert.Equal(Id(row), Id(await Row(agentctl)));
        }

        Assert.Equal(0, (await Run("sessions", "close", await SessionId())).ExitCode);
        await Eventually.See("nothing of it to be left", Patience, () => string.Join("; ", Left().Select(static process => process.CommandLine())), static left => left.Length == 0);
    }

    private Task<ProcessResult> Prompt(string agent, string text) => Run("prompt", "-a", agent, "--format", "quiet", text);

    private protected async Task<ProcessResult> Run(params string[] arguments)
    {
        var result = await agentctl.Start(arguments).Exit(Patience);
        Sandbox.Tell($"$ agentctl {string.Join(' ', arguments)}\n{result.Output}{result.Error}(exit {result.ExitCode})");
        return result;
    }

    private async Task<string> SessionId()
    {
        using var rows = JsonDocument.Parse((await agentctl.Quietly("sessions", "list", "--json")).Output);
        return rows.RootElement.EnumerateArray().Single().GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> Row(AgentctlCli cli)
    {
        var result = await cli.Quietly("list", "--json");
        var rows = JsonDocument.Parse(result.Output).RootElement;
        return rows.GetArrayLength() == 1 ? rows[0] : throw new InvalidOperationException($"one row was expected: {result.Output}{result.Error}");
    }

    private static string Id(JsonElement row) => $"{row.GetProperty("adapter").GetString()}/{row.GetProperty("id").GetString()}";

    private async Task Kill(string victim, int agentPid)
    {
        var agent = ProcessStat.Read(agentPid)!;
        var process = victim switch
        {
            "agent" => agent,
            "shim" => ProcessStat.Read(agent.ParentPid)!,
            _ => Sandbox.Living().Single(static one => one.Comm == "agentctld"),
        };
        await Signals.Send("KILL", process);
        await Eventually.True($"the {victim} to be gone", Patience, () => process.Now() is null);
        if (victim != "daemon")
        {
            // A killed process of many threads reads no more, but its pipes are open for another moment.
            await Eventually.See("its end to be told", Patience, async () => (await agentctl.Quietly("list", "--json")).Output.Trim(), static rows => rows == "[]");
        }
    }

    private IReadOnlyList<ProcessStat> Left() => [.. Sandbox.Living().Where(process => process.Comm is not ("agentctld" or "agentctl") && !OfTheWorld.Any(part => process.CommandLine().Contains(part, StringComparison.Ordinal)))];
}
