using System.Globalization;

namespace Agentctl.Adapters.Pi;

/// <summary>Names of Pi's folders and files: <c>--home-dev-proj--/2026-11-21T01-44-55-734Z_01a1fbc7-….jsonl</c>.</summary>
internal static class PiPlace
{
    /// <summary>The folder of a directory's sessions. Pi replaces each of <c>/ \ :</c>, so several directories can have one folder.</summary>
    public static string FolderOf(string cwd) => $"--{(cwd is ['/' or '\\', .. var rest] ? rest : cwd).Replace('/', '-').Replace('\\', '-').Replace(':', '-')}--";

    public static string IdOf(string path)
    {
        var stem = Path.GetFileNameWithoutExtension(path);
        return stem[(stem.IndexOf('_', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>The id and the start that a name tells, for a file without a header; null when it is no name of Pi's.</summary>
    public static (string Id, DateTimeOffset StartedAt)? TryRead(string path)
    {
        var stem = Path.GetFileNameWithoutExtension(path);
        return stem.IndexOf('_', StringComparison.Ordinal) is > 0 and var end && end < stem.Length - 1
            && DateTimeOffset.TryParseExact(
                stem.AsSpan(0, end), "yyyy-MM-dd'T'HH-mm-ss-fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var startedAt)
                ? (stem[(end + 1)..], startedAt)
                : null;
    }
}
