using System.Text.Json.Serialization;
using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>A tree that was removed and can be restored. Its id is the name of its folder below <c>worktrees/</c> of agentctl's home.</summary>
public sealed record RemovedWorktree
{
    internal const string FileName = "removed.json";

    /// <summary>Where the tree was, and where it is restored to.</summary>
    public required string Path { get; init; }

    /// <summary>The repository's main tree, or the bare repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Git's directory of the repository.</summary>
    public required string GitDirectory { get; init; }

    /// <summary>What git calls the tree: a folder below its <c>worktrees/</c>.</summary>
    public required string Name { get; init; }

    public string? Branch { get; init; }
    public string? Head { get; init; }
    public string? Group { get; init; }

    /// <summary>Its branch was deleted with it.</summary>
    public bool BranchDeleted { get; init; }

    public long SizeBytes { get; init; }
    public required DateTimeOffset RemovedAt { get; init; }

    [JsonIgnore]
    public string Id { get; init; } = "";
}

/// <summary>How the restoration of a tree ended.</summary>
public abstract record RestoreOutcome
{
    private RestoreOutcome()
    {
    }

    /// <param name="Note">What a person should know about it; null when it is as it was.</param>
    public sealed record Restored(RemovedWorktree Tree, bool BranchCreated, string? Note) : RestoreOutcome;

    /// <param name="Problem">What is in the way, and what to do.</param>
    public sealed record Refused(string Problem) : RestoreOutcome;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(RemovedWorktree))]
internal sealed partial class RemovedWorktreeJson : JsonSerializerContext;
