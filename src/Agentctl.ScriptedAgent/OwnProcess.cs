namespace Agentctl.ScriptedAgent;

/// <summary>What a process can say of itself so that others can check it.</summary>
internal static class OwnProcess
{
    /// <summary>Field 22 of proc_pid_stat(5); the second field, the name, may hold blanks and ends with the last ')'.</summary>
    public static string StartTicks()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[22 - 3];
    }

    /// <summary>Machine and pid namespace, as Claude writes them: <c>linux:&lt;machine id&gt;:pid:[4026531836]</c>.</summary>
    public static string PidDomain()
    {
        var machine = File.Exists("/etc/machine-id") ? File.ReadAllText("/etc/machine-id").Trim() : "";
        return $"linux:{machine}:{new FileInfo("/proc/self/ns/pid").LinkTarget}";
    }
}
