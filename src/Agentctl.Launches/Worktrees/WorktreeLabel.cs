using System.Text.Json.Serialization;
using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>
/// What agentctl notes about a tree it made. It lies in git's own directory of that tree, so it goes when the tree goes, whoever
/// removes it; there is no list of trees elsewhere that could be wrong.
/// </summary>
public sealed record WorktreeLabel
{
    internal const string FileName = "agentctl.json";

    public required DateTimeOffset MadeAt { get; init; }
    public string? Group { get; init; }

    /// <summary>The commit it began at.</summary>
    public string? BaseCommit { get; init; }

    /// <summary>The branch it began from, where one was named.</summary>
    public string? BaseBranch { get; init; }

    /// <summary>Its branch was made with it.</summary>
    public bool MadeBranch { get; init; }

    /// <summary>Null when the tree is not ours, or its label cannot be read.</summary>
    public static WorktreeLabel? Read(string gitDirectory)
    {
        try
        {
            return LaunchFolder.Read(gitDirectory, FileName, WorktreeJson.Default.WorktreeLabel);
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal void Write(string gitDirectory) => LaunchFolder.Write(gitDirectory, FileName, this, WorktreeJson.Default.WorktreeLabel);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(WorktreeLabel))]
internal sealed partial class WorktreeJson : JsonSerializerContext;
