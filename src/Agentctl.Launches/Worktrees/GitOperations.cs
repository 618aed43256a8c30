namespace Agentctl.Launches;

/// <summary>Operations that git has begun in a tree and not finished, by the files that it keeps about them.</summary>
internal static class GitOperations
{
    private static readonly (string Path, string Name)[] Signs =
    [
        ("rebase-merge", "a rebase"),
        ("rebase-apply/applying", "an am"),
        ("rebase-apply", "a rebase"),
        ("MERGE_HEAD", "a merge"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
        ("BISECT_START", "a bisect"),
        ("BISECT_LOG", "a bisect"),
        ("sequencer", "a cherry-pick or revert of several commits"),
    ];

    /// <summary>Commits of changes that an operation has put aside.</summary>
    private static readonly string[] Autostashes = ["rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH"];

    /// <returns>What is in progress, in words; null when nothing is.</returns>
    public static string? InProgress(string gitDirectory)
    {
        var name = Signs.FirstOrDefault(sign => Path.Exists(Path.Combine(gitDirectory, sign.Path))).Name;
        return Autostash(gitDirectory) is not null ? $"{name ?? "an operation"} is in progress, and uncommitted changes are in its autostash"
            : name is not null ? $"{name} is in progress"
            : null;
    }

    /// <summary>The commit that holds the changes put aside; null when there is none.</summary>
    public static string? Autostash(string gitDirectory)
    {
        foreach (var name in Autostashes)
        {
            if (Agentctl.Platform.NativeFile.ReadSmall(Path.Combine(gitDirectory, name), 4096) is { Length: > 0 } content)
            {
                return System.Text.Encoding.ASCII.GetString(content).Trim();
            }
        }

        return null;
    }
}
