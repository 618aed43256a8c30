using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class DirectoryRuleTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("rule-").FullName;

    [Fact]
    public void Exact_means_the_same_directory_and_no_other()
    {
        Assert.True(DirectoryRule.Exact.Conflicts("/a/b", "/a/b"));
        Assert.False(DirectoryRule.Exact.Conflicts("/a/b", "/a"));
        Assert.False(DirectoryRule.Exact.Conflicts("/a/b", "/a/b/c"));
    }

    [Fact]
    public void Tree_means_what_lies_inside_too_in_both_directions_and_not_what_only_begins_alike()
    {
        Assert.True(DirectoryRule.Tree.Conflicts("/a", "/a/b/c"));
        Assert.True(DirectoryRule.Tree.Conflicts("/a/b/c", "/a"));
        Assert.True(DirectoryRule.Tree.Conflicts("/", "/a"));
        Assert.False(DirectoryRule.Tree.Conflicts("/a/b", "/a/bc"));
        Assert.False(DirectoryRule.Tree.Conflicts("/a/b", "/a/c"));
    }

    [Fact]
    public void Tree_ends_at_the_root_of_a_worktree()
    {
        var worktree = Directory.CreateDirectory(Path.Combine(root, "tree")).FullName;
        var inside = Directory.CreateDirectory(Path.Combine(worktree, "src")).FullName;
        Assert.True(DirectoryRule.Tree.Conflicts(root, inside));

        File.WriteAllText(Path.Combine(worktree, ".git"), "gitdir: elsewhere");

        Assert.False(DirectoryRule.Tree.Conflicts(root, inside));
        Assert.False(DirectoryRule.Tree.Conflicts(root, worktree));
        Assert.True(DirectoryRule.Tree.Conflicts(worktree, inside));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);
}
