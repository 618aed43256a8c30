using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// The machine and pid namespace in which a registered pid means something, as Claude writes it:
/// <c>linux:3d1219c7c4c5404aaa1f6d2a48adfda4:pid:[4026531836]</c>. Either part is empty where Claude could not read it;
/// on Windows it is <c>linux:&lt;host name&gt;</c>, elsewhere just <c>linux</c>.
/// </summary>
internal static class PidDomain
{
    /// <summary>Null when pids of that domain are ours; else, as a sentence, why they are not.</summary>
    /// <param name="machineId">Content of /etc/machine-id; null when this machine has none.</param>
    public static string? WhyForeign(string? domain, string? machineId, IProcessTable processes)
    {
        if (domain is null)
        {
            // Older versions wrote none; pid and start time still have to agree.
            return null;
        }

        if (!domain.StartsWith("linux:", StringComparison.Ordinal))
        {
            return $"its pid domain {domain} is not of a Linux system";
        }

        var machineEnd = domain.IndexOf(':', "linux:".Length);
        var machine = machineEnd < 0 ? domain["linux:".Length..] : domain["linux:".Length..machineEnd];
        if (machineEnd < 0 || (machine.Length > 0 && machineId is not null && machine != machineId))
        {
            return $"its pid domain names machine {machine}, this one is {machineId ?? "without a machine id"}";
        }

        var ours = $"pid:[{processes.PidNamespace}]";
        var space = domain[(machineEnd + 1)..];
        return space.Length == 0 || space == ours ? null : $"its pid domain names {space}, this process sees {ours}";
    }
}
