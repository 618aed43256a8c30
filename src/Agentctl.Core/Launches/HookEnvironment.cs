using System.Globalization;

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

    /// <summary>What a hook of a launch gets to see: the inherited part, and these variables of the reference.</summary>
    /// <param name="sessionId">The agent's own id where it is known; else the launch's.</param>
    /// <param name="end">How the agent ended, for on-complete; null before that.</param>
    public static Dictionary<string, string> Of(
        IReadOnlyDictionary<string, string> variables, string sessionId, string cwd, string adapter, string? branch, string? group, string? model, ExitRecord? end)
    {
        var all = Of(variables);
        Add("AGENTCTL_SESSION_ID", sessionId);
        Add("AGENTCTL_CWD", cwd);
        Add("AGENTCTL_ADAPTER", adapter);
        Add("AGENTCTL_BRANCH", branch);
        Add("AGENTCTL_GROUP", group);
        Add("AGENTCTL_MODEL", model);
        if (end is not null)
        {
            Add("AGENTCTL_EXIT_CODE", Text(end.ExitCode ?? (end.Signal is { } signal ? 128 + signal : null)));
            var verdict = VerdictOf(end);
            Add("AGENTCTL_STATUS", verdict.State.Word());
            Add("AGENTCTL_REASON", verdict.Reason);
            Add("AGENTCTL_END_CODE", Text(EndCodes.Of(verdict.State, verdict.Reason, EndCodes.Failed)));
        }

        return all;

        static string? Text(int? code) => code?.ToString(CultureInfo.InvariantCulture);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                all[name] = value;
            }
        }
    }

    /// <summary>The verdict of <c>list</c>, from the end of the process alone: what only the agent's own records say is not read here.</summary>
    private static Verdict VerdictOf(ExitRecord end) => VerdictRules.Decide(new Facts
    {
        Holder = Holder.None,
        Signal = Signal.None,
        Launch = new LaunchFacts { LaunchId = "", LaunchedAt = end.StartedAt ?? end.EndedAt, IsHeld = false, Evidence = new Evidence(LaunchFiles.Exit, end.How, end.EndedAt), Exit = end },
    });
}
