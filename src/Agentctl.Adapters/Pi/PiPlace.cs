using System.Globalization;

namespace Agentctl.Adapters.Pi;

/// <summary>Names of Pi's folders and files: <c>--home-dev-proj--/2026-11-21T01-44-55-734Z_01a1fbc7-….jsonl</c>.</summary>
internal static class PiPlace
{
    /// <summary>The folder of a directory's sessions. Pi replaces each of <c>/ \ :</c>, so several directories can have one folder.</summary>
    public static string FolderOf(string cwd) => $"--{Replaced(cwd is ['/' or '\\', .. var rest] ? rest : cwd)}--";

    private static string Replaced(string path) => path.Replace('/', '-').Replace('\\', '-').Replace(':', '-');

    /// <summary>How many directories are looked through for the one that a folder is named after.</summary>
    private const int MostDirectories = 20_000;

    /// <summary>
    /// The directory that a folder of sessions is named after, where that is certain: the name holds no <c>-</c>, or exactly one
    /// directory that exists has this folder. Null otherwise, and where a directory that may be it cannot be listed.
    /// </summary>
    public static string? DirectoryOf(string folder)
    {
        if (folder is not ['-', '-', .. var name, '-', '-'])
        {
            return null;
        }

        if (!name.Contains('-', StringComparison.Ordinal))
        {
            return "/" + name;
        }

        try
        {
            return Existing("/", name).Take(2).ToList() is [var only] ? only : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Existing directories below one whose remaining path Pi writes like this.</summary>
    private static IEnumerable<string> Existing(string root, string name)
    {
        var left = MostDirectories;
        var open = new Stack<(string Directory, string Remaining)>([(root, name)]);
        while (open.TryPop(out var next))
        {
            foreach (var child in Directory.EnumerateDirectories(next.Directory))
            {
                if (--left < 0)
                {
                    throw new IOException($"more than {MostDirectories} directories may be the one that {name} stands for");
                }

                var written = Replaced(Path.GetFileName(child));
                if (next.Remaining == written)
                {
                    yield return child;
                }
                else if (next.Remaining.StartsWith(written + "-", StringComparison.Ordinal))
                {
                    open.Push((child, next.Remaining[(written.Length + 1)..]));
                }
            }
        }
    }

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
