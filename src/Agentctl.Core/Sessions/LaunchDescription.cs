namespace Agentctl.Core;

/// <summary>What a launch of ours adds to a row: what nobody else knows (law L1). Never an identity, never a state.</summary>
public sealed record LaunchDescription
{
    public string? Cwd { get; init; }
    public string? Model { get; init; }
    public string? Prompt { get; init; }
    public string? Group { get; init; }
    public string? Spec { get; init; }

    /// <summary>Name and callback keys.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = Sighting.NoMeta;
}
