using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// Files the Node agentctl left beside the agents' own storage, one per session it launched and never cleaned by itself:
/// <c>~/.claude/agentctl/sessions/pending-4711.json</c> and the like. Looked at, never touched.
/// </summary>
public static class LegacyLeftovers
{
    /// <summary>Where it put them, below the home; it knew no directory variables.</summary>
    private static readonly string[] Folders =
    [
        ".claude/agentctl/sessions", ".codex/agentctl/sessions", ".pi/agentctl/sessions", ".slate/agentctl/sessions", ".agentctl/opencode-sessions",
    ];

    /// <summary>
    /// Files whose process is provably gone. One whose process may live, or that cannot be read, is not listed: unknown counts as
    /// alive where something could be lost (law L6).
    /// </summary>
    /// <param name="problems">What could not be judged, one line each.</param>
    public static IReadOnlyList<LegacyLeftover> Find(AgentEnvironment environment, IProcessTable processes, TimeZoneInfo zone, out IReadOnlyList<string> problems)
    {
        var leftovers = new List<LegacyLeftover>();
        var unclear = new List<string>();
        foreach (var folder in Folders.Select(folder => Path.Combine(environment.Home, folder)).Where(Directory.Exists))
        {
            try
            {
                foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
                {
                    Judge(path);
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                unclear.Add($"{environment.Tilde(folder)} cannot be read: {failure.Message}");
            }
        }

        problems = unclear;
        return leftovers;

        void Judge(string path)
        {
            try
            {
                if (LegacyLaunch.Read(path, zone) is not { } launch)
                {
                    unclear.Add($"{environment.Tilde(path)} is no launch record of the old tool; look at it yourself");
                }
                else if (launch.WhyGone(processes) is { } evidence)
                {
                    var what = Path.GetFileName(path).StartsWith("pending-", StringComparison.Ordinal)
                        ? "launch that never learned its session"
                        : "launch record";
                    leftovers.Add(new LegacyLeftover(path, what, evidence));
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
            {
                unclear.Add($"{environment.Tilde(path)} cannot be judged: {failure.Message}");
            }
        }
    }
}
