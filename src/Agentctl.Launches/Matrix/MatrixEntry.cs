namespace Agentctl.Launches;

/// <summary>One launch of a matrix, all lists expanded.</summary>
public sealed record MatrixEntry
{
    public string? Adapter { get; init; }
    public string? Model { get; init; }
    public string? Prompt { get; init; }
    public string? Cwd { get; init; }
    public string? Branch { get; init; }
    public string? BaseBranch { get; init; }
    public string? PermissionMode { get; init; }
    public string? Thinking { get; init; }
    public string? Name { get; init; }

    /// <summary>Passed to the agent as they are.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Where the entry stands in the file: two launches of one entry share what it names.</summary>
    public int Index { get; init; }
}

/// <summary>A matrix file, read and expanded.</summary>
public sealed record MatrixPlan
{
    public string? Prompt { get; init; }
    public string? Cwd { get; init; }
    public string? Spec { get; init; }
    public string? OnCreate { get; init; }
    public string? OnComplete { get; init; }
    public required IReadOnlyList<MatrixEntry> Entries { get; init; }
}

/// <summary>What reading a matrix gave.</summary>
public abstract record MatrixOutcome
{
    private MatrixOutcome()
    {
    }

    public sealed record Read(MatrixPlan Plan) : MatrixOutcome;

    /// <param name="Problem">With file and line.</param>
    public sealed record Wrong(string Problem) : MatrixOutcome;
}
