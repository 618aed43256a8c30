using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Shim.Tests;

/// <summary>A real shim with a shell script for an agent, launched as agentctl launches. Disposing ends it.</summary>
internal sealed class RunningShim : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly LaunchStop stop;

    private RunningShim(string home, LaunchStore store, LaunchStop stop, LaunchOutcome outcome)
    {
        Home = home;
        Store = store;
        this.stop = stop;
        Outcome = outcome;
    }

    public string Home { get; }
    public LaunchStore Store { get; }
    public LaunchOutcome Outcome { get; }
    public string Id => ((LaunchOutcome.Started)Outcome).LaunchId;
    public Launch Launch => Store.Find(Id)!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<RunningShim> Start(string script, StdinMode stdin = StdinMode.None, string? input = null, TimeSpan? orphanAfter = null, bool keepChildren = false, int? descriptorLimit = null, (long Cap, long Limit)? output = null)
    {
        var home = Directory.CreateTempSubdirectory("shim-").FullName;
        var store = new LaunchStore(home);
        var undertaker = new Undertaker(store.Places, new LaunchHooks(store.Places, null, new Dictionary<string, string>()));
        var locks = new DirectoryLocks(store.Places, TimeProvider.System);
        var program = Requirement.File(Repository.Built("Agentctl.Shim", "agentctl-shim"), "the shim");
        var settings = new LaunchSettings(descriptorLimit is { } limit ? Limited(program, home, limit) : program, LaunchLimits.None, DirectoryRule.Exact);
        settings = output is { Cap: var cap } ? settings with { OutputCapBytes = cap } : settings;
        var outcome = await new Launcher(store, undertaker, locks, new QueuedLaunches(store, undertaker, locks, settings), settings, TimeProvider.System).Start(
            new LaunchRequest
            {
                Adapter = "script",
                Plan = new LaunchPlan { Program = "/bin/bash", Arguments = ["-c", script], Stdin = stdin, StdinText = input, PermissionMode = "none" },
                Cwd = home,
                Prompt = "none",
                Environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? ""),
                OrphanAfter = orphanAfter ?? TimeSpan.Zero,
                KeepChildren = keepChildren,
                OutputLimitBytes = output?.Limit ?? 0,
            },
            Token);
        return new RunningShim(home, store, new LaunchStop(store, undertaker, locks, TimeProvider.System), outcome);
    }

    /// <summary>The shim with a limit of open files.</summary>
    private static string Limited(string program, string home, int limit)
    {
        var script = Path.Combine(home, "limited-shim");
        File.WriteAllText(script, $"#!/bin/bash\nulimit -n {limit} && exec {program} \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }

    /// <summary>The shim's own process.</summary>
    public ProcessStat Shim => ProcessStat.Read(Launch.Agent!.ShimPid)!;

    public ProcessStat Agent => ProcessStat.Read(Launch.Agent!.Pid)!;

    public string Output => File.ReadAllText(Path.Combine(Store.Places.Of(Id), LaunchFiles.Output));

    public string Record(string name) => File.ReadAllText(Path.Combine(Store.Places.Of(Id), name));

    public Task<string> Printed(string text) => Eventually.See($"'{text}'", Deadline, () => Output, seen => seen.Contains(text, StringComparison.Ordinal));

    public async Task<ExitRecord> Ended() =>
        (await Eventually.See("its end", Deadline, () => Launch, launch => launch is { Exit: not null, Standing: LaunchStanding.Ended })).Exit!;

    public async Task<ShimConnection> Connect() => await ShimConnection.TryOpen(Store.Places, Id, Token) ?? throw new InvalidOperationException("no shim listens");

    public Task<LaunchStopOutcome> Stop(TimeSpan deadline) => stop.Stop(Launch, deadline, StopRecord.User, Token);

    public async ValueTask DisposeAsync()
    {
        if (Outcome is LaunchOutcome.Started && Store.Find(Id) is { IsHeld: true })
        {
            await Stop(TimeSpan.Zero);
        }

        Store.Dispose();
        Directory.Delete(Home, recursive: true);
    }
}
