using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>What all conversations of one process have in common.</summary>
internal sealed record AcpShared(
    SessionServiceOptions Options,
    AcpStore Store,
    LaunchStore Launches,
    Undertaker Undertaker,
    Launcher Launcher,
    LaunchStop Stop,
    string? ShimPath,
    Action<string> Changed,
    Action<string> Grew)
{
    private readonly Lazy<GrowthWatch> growth = new(GrowthWatch.Start);

    public LaunchPlaces Places => Launches.Places;
    public AcpConfig Config => Options.Config.Acp;
    public TimeProvider Time => Options.Time;
    public GrowthWatch Growth => growth.Value;

    /// <summary>Receives what went wrong while nobody asked, for the log.</summary>
    public Action<string> Told { get; set; } = static _ => { };

    /// <summary>Ends the longest idle agent that nothing waits for, of any session of this home; false when there is none.</summary>
    public required Func<Refusal.NoSlot, CancellationToken, Task<bool>> MakeRoom { get; init; }

    public void End()
    {
        if (growth.IsValueCreated)
        {
            growth.Value.Dispose();
        }
    }
}
