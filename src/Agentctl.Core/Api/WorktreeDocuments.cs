namespace Agentctl.Core;

/// <summary>What <c>worktree list</c> tells of one repository.</summary>
/// <param name="Repository">Its root.</param>
public sealed record WorktreesDocument(string Repository, IReadOnlyList<WorktreeRow> Worktrees);

/// <summary>One tree. The keys path, branch and head are the reference's.</summary>
/// <param name="Main">The repository's own; never cleaned.</param>
/// <param name="Ours">agentctl made it.</param>
/// <param name="Session">The newest session that works, or worked, in it: <c>adapter/id</c>.</param>
/// <param name="Dirty">How many files are changed or new; absent when git could not tell.</param>
/// <param name="Merged">One of <see cref="MergedWords"/>; absent when there is nothing to compare with.</param>
/// <param name="MergedInto">What it was compared with, where it is merged.</param>
/// <param name="InUse">Who is in it: living processes, launches, locks; one phrase each.</param>
/// <param name="Gone">Its directory is not there any more.</param>
public sealed record WorktreeRow(
    string Path,
    string? Branch,
    string? Head,
    bool Main,
    bool Ours,
    string? Group,
    string? Session,
    string? Status,
    int? Dirty,
    string? Merged,
    string? MergedInto,
    long? SizeBytes,
    IReadOnlyList<string> InUse,
    bool Gone,
    DateTimeOffset? MadeAt);

public static class MergedWords
{
    /// <summary>Every commit of it is in the other branch.</summary>
    public const string Merged = "merged";

    /// <summary>Its changes are there as other commits: squashed, rebased or picked.</summary>
    public const string Squashed = "squashed";

    /// <summary>It has no commit of its own.</summary>
    public const string NothingNew = "nothing-new";
    public const string Unmerged = "unmerged";
}

/// <summary>Which trees to remove.</summary>
/// <param name="Targets">Paths, groups, or references of sessions.</param>
/// <param name="Merged">All of ours in the repository that hold nothing that is not elsewhere.</param>
/// <param name="Consents">Reasons of <see cref="KeepReasons"/> that do not keep a tree.</param>
public sealed record CleanOrder(
    string Repository, IReadOnlyList<string> Targets, bool Merged, IReadOnlyList<string> Consents, bool DeleteBranch, bool DryRun);

public sealed record CleanDocument(bool DryRun, IReadOnlyList<CleanResult> Results);

/// <param name="Outcome"><c>removed</c>, <c>would-remove</c>, <c>refused</c>, <c>failed</c>.</param>
/// <param name="Keeps">Why it is refused, by reason.</param>
/// <param name="InUse">Who is in it.</param>
/// <param name="BranchDeleted">The branch that was deleted with it.</param>
/// <param name="RestoreId">What <c>worktree restore</c> takes to bring it back.</param>
/// <param name="BranchKept">The branch that is still there although the tree is not.</param>
public sealed record CleanResult(
    string Path,
    string? Branch,
    string Outcome,
    IReadOnlyList<KeepReason> Keeps,
    IReadOnlyList<string> InUse,
    string? BranchDeleted,
    string? Detail,
    string? RestoreId = null,
    string? BranchKept = null);

/// <summary>A removed tree that can be restored.</summary>
/// <param name="ExpiresAt">When it is deleted for good.</param>
public sealed record RemovedWorktreeRow(
    string Id,
    string Path,
    string Repository,
    string? Branch,
    string? Head,
    string? Group,
    bool BranchDeleted,
    long SizeBytes,
    DateTimeOffset RemovedAt,
    DateTimeOffset ExpiresAt);

/// <param name="Problems">Records that could not be read, one sentence each.</param>
public sealed record RemovedWorktreesDocument(IReadOnlyList<RemovedWorktreeRow> Removed, IReadOnlyList<string> Problems);

/// <param name="BranchCreated">Its branch had been deleted and was created again.</param>
/// <param name="Note">What differs from before; absent when nothing does.</param>
public sealed record RestoredDocument(string Id, string Path, string? Branch, bool BranchCreated, string? Note);

/// <param name="Reason">One of <see cref="KeepReasons"/>.</param>
public sealed record KeepReason(string Reason, string Detail);

/// <summary>What keeps a tree from being removed.</summary>
public static class KeepReasons
{
    public const string Dirty = "dirty";
    public const string Unmerged = "unmerged";

    /// <summary>Ignored files that nothing makes again.</summary>
    public const string Ignored = "ignored";

    /// <summary>A repository or a worktree of its own lies in it.</summary>
    public const string Nested = "nested";

    /// <summary>Work in a submodule is nowhere else.</summary>
    public const string Submodule = "submodule";

    /// <summary>A rebase, merge, cherry-pick, revert, bisect or am is in progress.</summary>
    public const string Operation = "operation";

    /// <summary>Changes were stashed in it.</summary>
    public const string Stash = "stash";
    public const string NotOurs = "not-ours";

    /// <summary>Somebody works in it. No consent lifts it.</summary>
    public const string InUse = "in-use";

    /// <summary>It could not be inspected, or changed meanwhile. No consent lifts it.</summary>
    public const string Uninspected = "uninspected";

    /// <summary>Those that a person can consent to by name.</summary>
    public static readonly IReadOnlyList<string> Consentable = [Dirty, Unmerged, Ignored, Nested, Submodule, Operation, Stash, NotOurs];
}
