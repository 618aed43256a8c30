namespace Agentctl.Core;

/// <summary>What scripts of the user's get to see: a shell's basics and what is documented, nothing of what else the caller had (W-52).</summary>
public static class HookEnvironment
{
    /// <summary>Passed on as they are; none of them is a place for secrets.</summary>
    public static readonly IReadOnlyList<string> Inherited = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ", "XDG_RUNTIME_DIR", "AGENTCTL_HOME"];

    /// <summary>The inherited part of an environment.</summary>
    public static Dictionary<string, string> Of(IReadOnlyDictionary<string, string> variables)
    {
        var passed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Inherited)
        {
            if (variables.TryGetValue(name, out var value))
            {
                passed[name] = value;
            }
        }

        return passed;
    }
}
