using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>Everything that tells who is alive, at one moment.</summary>
internal sealed class Look(RegistryLook registry, BackgroundLook background, IProcessTable processes, string? machineId)
{
    /// <summary>What living and dead processes say of themselves, by the session they hold.</summary>
    public ILookup<string, RegistryEntry> Entries { get; } = registry.Entries.ToLookup(entry => SessionOf(entry, background));

    /// <summary>Sessions that something beside a transcript tells of: the only ones that may be alive.</summary>
    public HashSet<string> Named { get; } =
        [.. registry.Entries.Select(entry => SessionOf(entry, background)), .. background.Workers.Keys, .. background.Jobs.Keys];

    public BackgroundLook Background => background;
    public IProcessTable Processes => processes;

    /// <summary>A registry file of a living process that does not even tell its session: it may hold any.</summary>
    public RegistryEntry? Unreadable { get; } = registry.Nameless.FirstOrDefault(entry => processes.Find(entry.Pid) is not null);

    /// <summary>Worth a look although its record is not opened: false only for what is certainly over.</summary>
    public bool MayBeAlive(string id) =>
        ClaimsOn(id).Any(static claim => claim.Holder != Holder.Gone) || background.Workers.ContainsKey(id) ||
        background.Jobs.GetValueOrDefault(id) is { HasEnded: false };

    public Standing Of(string id, ClaudePlaces places, Transcript? transcript) => new(
        places, ClaimsOn(id), background, background.Jobs.GetValueOrDefault(id), background.Workers.GetValueOrDefault(id), transcript);

    private List<Claim> ClaimsOn(string id) => [.. Entries[id].Select(entry => Claim.Check(entry, machineId, processes))];

    /// <summary>
    /// A restarted worker of Claude's daemon first registers with an id of its own making and without a status, until it has
    /// taken its conversation up again: the roster already knows which one that is.
    /// </summary>
    private static string SessionOf(RegistryEntry entry, BackgroundLook background) =>
        entry is { Status: null, JobId: { } job } && background.Workers.Values.FirstOrDefault(worker => worker.ShortId == job) is { } worker
            ? worker.SessionId
            : entry.SessionId!;
}
