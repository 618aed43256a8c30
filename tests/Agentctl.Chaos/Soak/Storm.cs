using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos.Soak;

/// <summary>
/// Everything at once, with real parts: hook and cron runs of a real gateway, local launches that are killed while they hold their
/// directories, one-shot sessions whose hosts die, restarts of gateway and daemon, a gateway that hangs.
/// </summary>
internal sealed class Storm(Sandbox sandbox, OpenClawGateway gateway, AgentctlCli agentctl, TimeSpan length)
{
    public const string LocalAgent = "soak";

    /// <summary>Waits without children, so that killing it leaves nothing that would have to be looked for.</summary>
    private const string Agent = """
        #!/bin/bash
        exec {quiet}<> <(:)
        echo "$PWD" > "$SOAK_PIDS/local/$$"
        echo "Session: soak-$$-$RANDOM"
        until [[ -e $SOAK_PIDS/end ]]; do read -r -t 0.1 -u "$quiet"; done
        """;

    private const string OneShotAgent = """
        #!/bin/bash
        echo here > "$SOAK_PIDS/oneshot/$$"
        exec "$SOAK_AGENT" acp
        """;

    /// <summary>Founding incident 3: it makes a session, gives a prompt, and dies.</summary>
    private const string Host = """
        #!/bin/bash
        "$SOAK_AGENTCTL" sessions ensure --oneshot -a good -s "$1" --cwd "$2" > /dev/null || exit 1
        "$SOAK_AGENTCTL" prompt -a good -s "$1" --cwd "$2" 'sleep 4000; echo done' > /dev/null &
        [[ $3 = waits ]] && wait
        kill -9 $$
        """;

    private readonly string pids = sandbox.Folder("pids");
    private string host = "";
    private int launches;
    private int hosts;

    /// <summary>Where agents note their pids, and the storm the gateway's.</summary>
    public string Pids => pids;

    /// <summary>How many runs the gateway's hook has taken.</summary>
    public int Hooks => File.Exists(Path.Combine(pids, "accepted")) && int.TryParse(File.ReadAllText(Path.Combine(pids, "accepted")), out var accepted) ? accepted : 0;

    public int Launches => launches;
    public int Hosts => hosts;

    private bool IsLong => length >= TimeSpan.FromMinutes(10);

    /// <summary>Declares the agents.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(Path.Combine(pids, "local"));
        Directory.CreateDirectory(Path.Combine(pids, "oneshot"));
        sandbox.Variables["SOAK_PIDS"] = pids;
        sandbox.Variables["SOAK_AGENT"] = Path.Combine(AgentctlCli.Folder, "agentctl-scripted-agent");
        sandbox.Variables["SOAK_AGENTCTL"] = AgentctlCli.Program;
        host = Script("host", Host);
        sandbox.HomeFile(".agentctl/config.json", new JsonObject
        {
            ["max_concurrent"] = 64,
            ["agents"] = new JsonObject { [LocalAgent] = new JsonObject { ["launch"] = new JsonArray(Script("local", Agent), "{prompt}"), ["id"] = "Session: {id}" } },
            ["acp_agents"] = new JsonObject { ["good"] = new JsonObject { ["argv"] = new JsonArray(Script("oneshot", OneShotAgent)) } },
        }.ToJsonString());
        NoteGateway();
    }

    /// <summary>Rages for its length, then until there was enough.</summary>
    public async Task Rage(Func<bool> isEnough, CancellationToken cancellationToken)
    {
        var stop = Path.Combine(pids, "end");
        var hooks = sandbox.Start([
            InstalledAgents.Node, Path.Combine(Repository.Root, "tests/Agentctl.Chaos/Soak/hooks.mjs"),
            new JsonObject { ["url"] = OpenClawGateway.HookAddress, ["token"] = OpenClawGateway.HookToken, ["everyMs"] = IsLong ? 1700 : 2500, ["stop"] = stop, ["accepted"] = Path.Combine(pids, "accepted") }.ToJsonString(),
        ]);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parts = [Local(over.Token), OneShots(over.Token)];
        var accidents = Accidents(cancellationToken);
        await Task.WhenAny(Task.WhenAll([accidents, Task.Delay(length, cancellationToken)]), Task.WhenAll(parts));
        await accidents;
        await Eventually.True("enough samples and runs", length * 4, isEnough);
        await over.CancelAsync();
        await Task.WhenAll(parts);
        await File.WriteAllTextAsync(stop, "", cancellationToken);
        Assert.Equal(0, (await hooks.Exit()).ExitCode);
        sandbox.Tell($"hooks: {hooks.Output.Trim()}");
    }

    private string Script(string name, string content)
    {
        var file = sandbox.HomeFile($"bin/{name}", content + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    private void NoteGateway() => File.WriteAllText(Path.Combine(pids, "gateway"), $"{gateway.Process.Pid}");

    /// <summary>Eighty launches and more, several at a time; each is killed while it holds its directory.</summary>
    private async Task Local(CancellationToken over)
    {
        var deaths = new List<Task>();
        while (!over.IsCancellationRequested)
        {
            deaths.Add(LaunchAndKill(Interlocked.Increment(ref launches)));
            await Task.Delay(Longer(length / 170, TimeSpan.FromSeconds(2.1)), over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(deaths);
    }

    private async Task LaunchAndKill(int number)
    {
        var directory = sandbox.Folder($"local/{number}");
        var launched = await agentctl.Quietly("launch", LocalAgent, "-p", "work", "--cwd", directory);
        Assert.True(launched.ExitCode == 0, $"launch {number} ended with {launched.ExitCode}: {launched.Error}");
        var agent = ProcessStat.Read(int.Parse(System.Text.RegularExpressions.Regex.Match(launched.Output, @"PID: (\d+)").Groups[1].Value))!;
        await Task.Delay(Random.Shared.Next(3000, 9000));
        foreach (var victim in (number % 3) switch { 0 => [agent], 1 => [ProcessStat.Read(agent.ParentPid)!], _ => (ProcessStat[])[ProcessStat.Read(agent.ParentPid)!, agent] })
        {
            await Signals.Send("KILL", victim);
        }

        if (number % 3 == 1)
        {
            await Task.Delay(3000);
            await Signals.Send("KILL", agent);
        }
    }

    private async Task OneShots(CancellationToken over)
    {
        var running = new List<Task>();
        while (!over.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref hosts);
            running.Add(sandbox.Start(["bash", host, $"host-{number}", sandbox.Folder($"oneshot/{number}"), number % 2 == 0 ? "dies" : "waits"], agentctl.Variables).Exit());
            await Task.Delay(Longer(length / 80, TimeSpan.FromSeconds(4.5)), over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(running);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>
    /// The daemon dies in the first quarter only, so that its memory can be followed through the others; and there it does all for the
    /// first time: what a gateway that is dead has left in its database is read with a library that costs a few megabytes, once.
    /// </summary>
    private async Task Accidents(CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (var (share, what) in ((double, Func<Task>)[])[
            (0.03, () => Daemon("TERM")), (0.06, () => Daemon("KILL")), (0.09, () => Together(Daemon("KILL"), GatewayDies("KILL"))),
            (0.18, () => GatewayDies("TERM")), (0.40, GatewayHangs), (0.55, () => GatewayDies("TERM")), (0.80, () => GatewayDies("KILL")),
        ])
        {
            if (share > 0.5 && !IsLong)
            {
                // A gateway needs up to a minute until it is back, and in that time it has nothing to be wrong about.
                break;
            }

            var left = (length * share) - clock.Elapsed;
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            await what();
        }
    }

    private static Task Together(params Task[] all) => Task.WhenAll(all);

    private async Task Daemon(string signal)
    {
        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} daemon: {signal}");
        if (sandbox.Living().FirstOrDefault(process => process.Comm == "agentctld") is { } daemon)
        {
            await Signals.Send(signal, daemon);
        }
    }

    private async Task GatewayDies(string signal)
    {
        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: {signal}");
        await Signals.Send(signal, gateway.Process.Identity);
        try
        {
            await gateway.Process.Exit(TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            // It lets its runs finish, for minutes; no supervisor waits for that.
            sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: still draining, KILL");
            await gateway.Process.Kill();
        }

        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: gone");
        await gateway.StartAgain();
        NoteGateway();
        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: back");
    }

    /// <summary>An adapter that stalls: connections stay open, and nothing is answered.</summary>
    private async Task GatewayHangs()
    {
        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: hangs");
        await Signals.Send("STOP", gateway.Process.Identity);
        await Task.Delay(12_000);
        await Signals.Send("CONT", gateway.Process.Identity);
        sandbox.Tell($"{DateTimeOffset.UtcNow:HH:mm:ss} gateway: goes on");
    }
}
