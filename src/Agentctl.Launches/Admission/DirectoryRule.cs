namespace Agentctl.Launches;

/// <summary>Which directories cannot be used at the same time.</summary>
public enum DirectoryRule
{
    /// <summary>The same directory, by its real path.</summary>
    Exact,

    /// <summary>Also one inside the other, but never across the root of a worktree.</summary>
    Tree,
}

public static class DirectoryRules
{
    /// <param name="one">Real path.</param>
    /// <param name="other">Real path.</param>
    public static bool Conflicts(this DirectoryRule rule, string one, string other)
    {
        if (one == other)
        {
            return true;
        }

        if (rule == DirectoryRule.Exact)
        {
            return false;
        }

        var (outer, inner) = one.Length < other.Length ? (one, other) : (other, one);
        return IsInside(inner, outer) && !CrossesWorktree(inner, outer);
    }

    private static bool IsInside(string inner, string outer) =>
        outer == "/" || (inner.StartsWith(outer, StringComparison.Ordinal) && inner.Length > outer.Length && inner[outer.Length] == '/');

    /// <summary>A worktree's root has a <c>.git</c>, a file or a directory: what is inside is another tree than what is outside.</summary>
    private static bool CrossesWorktree(string inner, string outer)
    {
        for (var at = inner; at is not null && at.Length > outer.Length; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git")))
            {
                return true;
            }
        }

        return false;
    }
}
