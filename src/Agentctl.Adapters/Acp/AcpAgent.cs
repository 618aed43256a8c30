namespace Agentctl.Adapters.Acp;

/// <summary>An agent that speaks ACP: how it is started, and how it differs from the rest.</summary>
public sealed record AcpAgent
{
    /// <summary>What people type.</summary>
    public required string Name { get; init; }

    /// <summary>Other names people type.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The adapter whose sessions they are: a conversation that the agent's own adapter sees too is one row.</summary>
    public required string Adapter { get; init; }

    /// <summary>An installed program and its arguments; preferred.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The npm package that holds the program, pinned: <c>name@version</c>. Run from a local cache when it is there.</summary>
    public string? NpmPackage { get; init; }

    /// <summary>A program that runs it without being installed, when nothing else is there.</summary>
    public IReadOnlyList<string>? Fallback { get; init; }

    /// <summary>Beside an npm package: the native program that its wrapper would start. The direct child is then the agent.</summary>
    public string? NativePackage { get; init; }

    /// <summary>What to run instead of <see cref="Command"/>'s arguments below a version: the version and the arguments.</summary>
    public (Version Below, IReadOnlyList<string> Arguments)? Before { get; init; }

    /// <summary>How long it may take from its start to its answer to initialize.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long session/new, load and resume may take.</summary>
    public TimeSpan SessionPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What it wants to hear as the client's name.</summary>
    public string? ClientName { get; init; }

    /// <summary>Options to refuse with, by id, before the kind decides.</summary>
    public IReadOnlyList<string> RefusalIds { get; init; } = [];

    /// <summary>Permission requests whose tool call begins so are questions: answered <c>cancelled</c>.</summary>
    public string? QuestionPrefix { get; init; }

    /// <summary>How long it may take to end after its input was closed.</summary>
    public TimeSpan EndPatience { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary><c>_meta</c> of session/new, load and resume, as JSON.</summary>
    public string? SessionMeta { get; init; }

    /// <summary>What the agent's own adapter calls a session begins so, and ends with the id that the protocol tells.</summary>
    public string NativePrefix { get; init; } = "";

    /// <summary>It offers session/load and cannot do it.</summary>
    public bool LoadFails { get; init; }

    /// <summary>Variables that are set for it, by config.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
