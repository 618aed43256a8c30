using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// The hooks of launches. Their own shims begin them; this begins what a shim that was killed could not, and reads what became of
/// them. Each runs at most once, whoever begins it (<see cref="HookLaunch"/>).
/// </summary>
public sealed class LaunchHooks(LaunchPlaces places, string? shimPath, IReadOnlyDictionary<string, string> variables)
{
    /// <summary>How much of a hook's output is told.</summary>
    private const int OutputTold = 4096;

    /// <summary>Begins the on-complete hook of a launch that has ended, if it has one and nobody has; then it is no longer among the living.</summary>
    public void Complete(Launch launch)
    {
        if (launch is { Exit: { How: not ExitHows.FailedToStart } exit, Record: { OnComplete: { } script, Cwd: { } cwd } record } && shimPath is { } shim && !IsCompleted(places, launch))
        {
            try
            {
                var begun = HookLaunch.Begin(shim, places.Of(record.Id), record.Id, LaunchFiles.OnComplete, script, cwd, HookEnvironment.Of(
                    variables, launch.SessionName, cwd, record.Adapter, record.Branch, record.Group, record.Model, exit));
                if (begun is null && !IsCompleted(places, launch))
                {
                    // Another is about to begin it, and may be killed before he has.
                    return;
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // The live marker stays, so who looks next tries again.
                return;
            }
        }

        File.Delete(places.LiveMarker(launch.Id));
    }

    /// <summary>Nothing is left to be begun after its end.</summary>
    public static bool IsCompleted(LaunchPlaces places, Launch launch) =>
        launch.Record.OnComplete is null || launch.Exit is { How: ExitHows.FailedToStart } || HookLaunch.HasBegun(Path.Combine(places.Of(launch.Id), LaunchFiles.OnComplete));

    /// <summary>What became of a launch's hooks, in the order in which they run; those that were not asked for are left out.</summary>
    public IReadOnlyList<HookResult> Results(Launch launch) =>
        [.. ((string[])[LaunchFiles.OnCreate, LaunchFiles.OnComplete]).Select(name => Result(launch, name)).OfType<HookResult>()];

    private HookResult? Result(Launch launch, string name)
    {
        var folder = Path.Combine(places.Of(launch.Id), name);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var (holds, _) = Lease.Look(Path.Combine(folder, LaunchFiles.Lease));
        var agent = LaunchFolder.Read(folder, LaunchFiles.Agent, LaunchJson.Default.AgentRecord);
        var exit = LaunchFolder.Read(folder, LaunchFiles.Exit, LaunchJson.Default.ExitRecord);
        var state = (exit, holds, agent) switch
        {
            ({ Stop.By: StopRecord.Timeout }, _, _) => "timed-out",
            ({ How: ExitHows.FailedToStart }, _, _) => "failed",
            (not null, _, _) => "ended",
            (null, true, _) => "running",

            // Cut off: by a kill of its shim, or by a loss of power. It is not repeated.
            (null, false, not null) => "lost",
            _ => "not-begun",
        };
        return new HookResult(name, state, exit?.ExitCode, exit?.Signal, agent?.StartedAt, exit?.EndedAt, Output(folder), exit?.Problem);
    }

    private static string Output(string folder)
    {
        var text = new System.Text.StringBuilder();
        foreach (var name in (string[])[LaunchFiles.Output, LaunchFiles.Errors])
        {
            var lines = JsonLines.Backward(Path.Combine(folder, name)).Select(static line => System.Text.Encoding.UTF8.GetString(line.Bytes.Span)).Take(OutputTold / 40).Reverse();
            foreach (var line in lines)
            {
                text.Append(line).Append('\n');
            }
        }

        return text.Length > OutputTold ? text.ToString(text.Length - OutputTold, OutputTold) : text.ToString();
    }
}
