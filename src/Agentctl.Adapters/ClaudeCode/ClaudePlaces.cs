using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>Where Claude Code keeps its things: CLAUDE_CONFIG_DIR, default <c>~/.claude</c>.</summary>
internal sealed class ClaudePlaces(AgentEnvironment environment)
{
    /// <summary>Claude cuts longer directory names and appends a hash of its own; such a directory is searched, not computed.</summary>
    private const int LongestSlug = 200;

    public string Root { get; } = Path.GetFullPath(environment["CLAUDE_CONFIG_DIR"] ?? Path.Combine(environment.Home, ".claude"));

    /// <summary>One <c>&lt;pid&gt;.json</c> for each living process. The <c>*.key</c> files beside them are secrets and never opened.</summary>
    public string Sessions => Path.Combine(Root, "sessions");

    /// <summary><c>&lt;slug of the directory&gt;/&lt;session id&gt;.jsonl</c>.</summary>
    public string Projects => Path.Combine(Root, "projects");

    /// <summary><c>&lt;short id&gt;/state.json</c> of each background job.</summary>
    public string Jobs => Path.Combine(Root, "jobs");

    /// <summary>Which workers Claude's daemon runs. Holds secrets beside: only named fields are read.</summary>
    public string Roster => Path.Combine(Root, "daemon", "roster.json");

    /// <summary>Which process Claude's daemon is.</summary>
    public string DaemonLock => Path.Combine(Root, "daemon.lock");

    /// <summary>A path as evidence shows it.</summary>
    public string Show(string path) => environment.Tilde(path);

    /// <summary>
    /// Name of the folder below <see cref="Projects"/> for a working directory: <c>/home/dev/a.b</c> is <c>-home-dev-a-b</c>. Two
    /// directories may share one. Null when it cannot be computed.
    /// </summary>
    public static string? SlugOf(string workingDirectory) => workingDirectory.Length is 0 or > LongestSlug
        ? null
        : string.Create(workingDirectory.Length, workingDirectory, static (slug, from) =>
        {
            for (var i = 0; i < slug.Length; i++)
            {
                slug[i] = char.IsAsciiLetterOrDigit(from[i]) ? from[i] : '-';
            }
        });

    /// <summary>
    /// The directory, or the nearest one above it, that gives a folder below <see cref="Projects"/> its name; null when none does. A
    /// record tells where the shell was: that may be somewhere inside the directory of the project.
    /// </summary>
    public static string? DirectoryOf(string folder, string? cwd)
    {
        for (var directory = cwd; !string.IsNullOrEmpty(directory); directory = Path.GetDirectoryName(directory))
        {
            if (SlugOf(directory) is { } slug ? slug == folder : folder.Length > LongestSlug && folder.StartsWith(SlugOf(directory[..LongestSlug]) + "-", StringComparison.Ordinal))
            {
                return directory;
            }
        }

        return null;
    }

    /// <summary>Whether a file name below <see cref="Projects"/> is a session's transcript; sub-agents write <c>agent-*.jsonl</c>.</summary>
    public static bool IsTranscript(string fileName) =>
        fileName.EndsWith(TranscriptSuffix, StringComparison.Ordinal) && !fileName.StartsWith("agent-", StringComparison.Ordinal);

    /// <summary>A text that may be a session id; anything else is no file name of ours to look for.</summary>
    public static bool MayBeSessionId(string id) => id.Length is > 0 and <= 100 && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    public const string TranscriptSuffix = ".jsonl";
}
