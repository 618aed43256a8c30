using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>
/// An agent that fails at once, again and again, is not started again by the queue without a person. Nothing is stored for it: the
/// ends of the last launches say it, and a launch that goes better takes it away.
/// </summary>
public static class QueueBrake
{
    /// <summary>So many in a row.</summary>
    public const int Times = 3;

    /// <summary>An end within this time is one at once.</summary>
    public static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);

    /// <param name="launches">All whose record is kept.</param>
    /// <returns>Why the adapter's agents wait; null when they need not.</returns>
    public static string? On(string adapter, IEnumerable<Launch> launches)
    {
        var last = launches
            .Where(launch => launch.Record.WasQueued && launch.Record.Adapter == adapter && launch is { Exit.StartedAt: not null })
            .OrderByDescending(static launch => launch.Exit!.StartedAt)
            .Take(Times)
            .ToList();
        return last.Count == Times && last.TrueForAll(FailedAtOnce)
            ? $"{adapter} failed within {AtOnce.TotalSeconds:0} s {Times} times in a row (the last: {How(last[0].Exit!)}, {adapter}/{last[0].SessionName})"
            : null;
    }

    private static bool FailedAtOnce(Launch launch) =>
        launch.Exit is { Stop: null } exit && exit.EndedAt - exit.StartedAt < AtOnce && exit is not { How: ExitHows.Exited, ExitCode: 0 };

    private static string How(ExitRecord exit) => exit.How switch
    {
        ExitHows.Exited => $"exit code {exit.ExitCode}",
        ExitHows.Signaled => $"signal {exit.Signal}",
        _ => exit.How,
    };
}
