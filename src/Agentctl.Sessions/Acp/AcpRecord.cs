using System.Text.Json;
using System.Text.Json.Serialization;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// <c>acp/&lt;id&gt;/session.json</c>: what only agentctl knows of one ACP session. Replaced as a whole. Whether its agent lives is the
/// launch's lease's word, and <see cref="Closed"/> is a label: a one-shot session without a living agent is closed without it.
/// </summary>
public sealed record AcpRecord
{
    public required string Id { get; init; }
    public required string Agent { get; init; }
    public required string Adapter { get; init; }

    /// <summary>Real path.</summary>
    public required string Cwd { get; init; }
    public string? Name { get; init; }
    public required string Mode { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The agent's own id, once it has told one.</summary>
    public string? SessionId { get; init; }

    /// <summary>Ids of conversations that could not be gone on with.</summary>
    public IReadOnlyList<string> EarlierSessionIds { get; init; } = [];

    /// <summary>The newest launch of its agent.</summary>
    public string? LaunchId { get; init; }
    public bool Closed { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public DateTimeOffset? LastAgentExitAt { get; init; }
    public int? LastAgentExitCode { get; init; }
    public int? LastAgentSignal { get; init; }

    /// <summary><c>process_exit</c>, or why the connection ended first.</summary>
    public string? LastAgentDisconnectReason { get; init; }
    public string? Title { get; init; }

    /// <summary>Wanted by a person, and set again whenever an agent goes on with the session.</summary>
    public string? Model { get; init; }
    public string? ModeId { get; init; }
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>What the agent offered when it was asked last.</summary>
    public IReadOnlyList<string> AvailableModels { get; init; } = [];
    public IReadOnlyList<string> AvailableModes { get; init; } = [];
    public AcpPolicy Policy { get; init; } = new();
    public double TtlSeconds { get; init; }
    public IReadOnlyList<string> AdditionalDirectories { get; init; } = [];
    public bool NoFs { get; init; }
    public bool NoTerminal { get; init; }
    public JsonElement? Meta { get; init; }

    [JsonIgnore]
    public bool IsOneShot => Mode == AcpModes.OneShot;
}

/// <summary>
/// One line of <c>acp/&lt;id&gt;/journal</c>: what agentctl did, and where in the agent's output it stood. What the agent said stays in the
/// launch's output.
/// </summary>
public sealed record JournalEntry
{
    /// <summary>One of <see cref="JournalKinds"/>.</summary>
    public required string Kind { get; init; }
    public required DateTimeOffset At { get; init; }
    public string? Request { get; init; }

    /// <summary>The launch whose output <see cref="Offset"/> is in.</summary>
    public string? Launch { get; init; }
    public long? Offset { get; init; }

    public JsonElement? Prompt { get; init; }
    public AcpPolicyOrder? Policy { get; init; }
    public double? TimeoutSeconds { get; init; }
    public double? IdleTimeoutSeconds { get; init; }
    public int? Retries { get; init; }
    public int? Attempt { get; init; }

    /// <summary>The prompt is cancelled when nobody waits for it any more.</summary>
    public bool EndsWithCaller { get; init; }

    public string? SessionId { get; init; }
    public JsonElement? Capabilities { get; init; }

    /// <summary>The id of the agent's option that is the model, if it offers one.</summary>
    public string? ModelOption { get; init; }

    public string? Status { get; init; }
    public string? StopReason { get; init; }
    public string? Problem { get; init; }
    public string? ProblemType { get; init; }
    public AcpUsage? Usage { get; init; }
    public PermissionCounts? Permissions { get; init; }

    public ApprovalRow? Approval { get; init; }
    public string? Text { get; init; }
    public int? ExitCode { get; init; }
    public int? Signal { get; init; }
}

public static class JournalKinds
{
    /// <summary>A prompt was accepted; it waits for its turn.</summary>
    public const string Prompt = "prompt";

    /// <summary>An agent is ready to go on with the session; its output counts from here.</summary>
    public const string Ready = "ready";

    /// <summary>A prompt is given to the agent.</summary>
    public const string Begin = "begin";

    /// <summary>Somebody has to answer.</summary>
    public const string Ask = "ask";
    public const string Answer = "answer";
    public const string Cancel = "cancel";

    /// <summary>What became of a prompt.</summary>
    public const string End = "end";
    public const string Notice = "notice";

    /// <summary>The agent has ended.</summary>
    public const string Exit = "exit";
    public const string Closed = "closed";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(AcpRecord))]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class AcpJson : JsonSerializerContext;
