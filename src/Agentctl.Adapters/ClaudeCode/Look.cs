using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>Everything that tells who is alive, at one moment.</summary>
internal sealed class Look(RegistryLook registry, BackgroundLook background, IProcessTable processes, string? machineId)
{
    public RegistryLook Registry => registry;
    public BackgroundLook Background => background;
    public IProcessTable Processes => processes;

    /// <summary>A registry file of a living process that does not even tell its session: it may hold any.</summary>
    public RegistryEntry? Unreadable { get; } = registry.Nameless.FirstOrDefault(entry => processes.Find(entry.Pid) is not null);

    /// <summary>Something beside a transcript tells of the session.</summary>
    public bool Knows(string id) => registry.Entries.Contains(id) || background.Jobs.ContainsKey(id) || background.Workers.ContainsKey(id);

    /// <summary>Worth a look although its record is not opened: false only for what is certainly over.</summary>
    public bool MayBeAlive(string id) =>
        ClaimsOn(id).Any(static claim => claim.Holder != Holder.Gone) || background.Workers.ContainsKey(id) ||
        background.Jobs.GetValueOrDefault(id) is { HasEnded: false };

    public Standing Of(string id, ClaudePlaces places, Transcript? transcript) => new(
        places, ClaimsOn(id), background, background.Jobs.GetValueOrDefault(id), background.Workers.GetValueOrDefault(id), transcript);

    private List<Claim> ClaimsOn(string id) => [.. registry.Entries[id].Select(entry => Claim.Check(entry, machineId, processes))];
}
