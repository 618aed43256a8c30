using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>What an ACP session is for: <c>oneshot</c> (closed when its agent has ended, whoever ended it) or <c>persistent</c>.</summary>
public static class AcpModes
{
    public const string OneShot = "oneshot";
    public const string Persistent = "persistent";
}

/// <summary>The body of <c>POST /v1/acp/sessions</c>: a new ACP session, or the one there is.</summary>
public sealed record AcpSessionOrder
{
    /// <summary>A name of the registry or of config; config's default when null.</summary>
    public string? Agent { get; init; }

    /// <summary>Where to work; the caller's directory, made absolute.</summary>
    public string? Cwd { get; init; }

    /// <summary>Tells sessions of one agent and directory apart.</summary>
    public string? Name { get; init; }

    /// <summary>Use the open session of this agent, directory (or one above, up to the repository's root) and name, if there is one.</summary>
    public bool Ensure { get; init; }

    /// <summary>One of <see cref="AcpModes"/>; null leaves an existing session as it is, and makes a new one persistent.</summary>
    public string? Mode { get; init; }

    /// <summary>An id of the agent's own, to go on with.</summary>
    public string? Resume { get; init; }

    public string? Model { get; init; }
    public string? ModeId { get; init; }
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    public AcpPolicyOrder? Policy { get; init; }

    /// <summary>How long an idle agent stays; 0 = for ever.</summary>
    [JsonConverter(typeof(TimeLimitSecondsConverter))]
    public double? TtlSeconds { get; init; }
    public IReadOnlyList<string>? AdditionalDirectories { get; init; }
    public bool NoFs { get; init; }
    public bool NoTerminal { get; init; }

    /// <summary><c>_meta</c> of session/new, kept for resume and load.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>The caller's environment for the agent. Kept in memory only; the daemon's own when null.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}

/// <summary>Who may do what without being asked.</summary>
/// <param name="Mode"><c>approve-all</c>, <c>approve-reads</c> (default) or <c>deny-all</c>.</param>
/// <param name="WhenAsked">What becomes of a request that nobody can be asked about: <c>deny</c> (default), <c>fail</c>, <c>ask</c> (it waits for <c>agentctl approvals</c>).</param>
/// <param name="AutoApprove">Tools that are allowed: kinds or registered names, matched exactly; <c>*</c> is any.</param>
/// <param name="AutoDeny">Tools that are refused, whatever else is said. Matched without regard to case.</param>
/// <param name="Escalate">Tools that are always asked about.</param>
/// <param name="Default"><c>approve</c>, <c>deny</c> or <c>escalate</c> for tools no list names; the mode decides when null.</param>
/// <param name="AskSeconds">How long a request may wait for an answer; then it is refused. Null = as long as it takes.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AcpPolicyOrder(
    string? Mode = null,
    string? WhenAsked = null,
    IReadOnlyList<string>? AutoApprove = null,
    IReadOnlyList<string>? AutoDeny = null,
    IReadOnlyList<string>? Escalate = null,
    string? Default = null,
    [property: JsonConverter(typeof(TimeLimitSecondsConverter))] double? AskSeconds = null);

/// <summary>The body of <c>POST /v1/acp/prompts</c>.</summary>
public sealed record PromptOrder
{
    /// <summary>
    /// Chosen by the caller, in the form of a launch id: sent again with it, as after a daemon that died before it had answered, the
    /// order is the same prompt and not another. An <see cref="Exec"/> gives it to its session as well. Null = nobody asks again.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>Of the session; null with <see cref="Exec"/> or <see cref="Scope"/>.</summary>
    public string? Session { get; init; }

    /// <summary>The session of this agent, directory (or above) and name.</summary>
    public AcpSessionOrder? Scope { get; init; }

    /// <summary>A one-shot session of its own, which ends with the caller.</summary>
    public AcpSessionOrder? Exec { get; init; }

    public string? Text { get; init; }

    /// <summary>Content blocks of the protocol, instead of or before the text.</summary>
    public JsonElement? Blocks { get; init; }

    /// <summary>The answer ends when the prompt is accepted; what comes of it is kept.</summary>
    public bool NoWait { get; init; }

    /// <summary>Sets the session's mode before, for good; of an <see cref="Exec"/> its own.</summary>
    public string? Mode { get; init; }
    public AcpPolicyOrder? Policy { get; init; }

    /// <summary>The turn is cancelled after so long.</summary>
    [JsonConverter(typeof(TimeLimitSecondsConverter))]
    public double? TimeoutSeconds { get; init; }

    /// <summary>The turn is cancelled when the agent has been silent for so long.</summary>
    [JsonConverter(typeof(TimeLimitSecondsConverter))]
    public double? IdleTimeoutSeconds { get; init; }

    /// <summary>How often a prompt that failed before anything was done is sent again.</summary>
    public int Retries { get; init; }

    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}

/// <summary>The body of <c>POST /v1/acp/sessions/{ref}/set</c>: one of mode, model, or an option and its value.</summary>
public sealed record AcpSetOrder(string? ModeId = null, string? Model = null, string? Option = null, string? Value = null);

/// <summary>The body of <c>POST /v1/approvals</c>.</summary>
/// <param name="Id">As <c>GET /v1/approvals</c> names it, or a unique prefix.</param>
/// <param name="Allow">Else it is refused.</param>
/// <param name="Always">From now on, for this session and this kind of tool.</param>
public sealed record ApprovalOrder(string Id, bool Allow, bool Always = false);

/// <summary>The body of <c>POST /v1/acp/prune</c>: closed sessions that may go.</summary>
public sealed record AcpPruneOrder(bool DryRun = false, [property: JsonConverter(typeof(LifetimeDaysConverter))] double? OlderThanDays = null, string? Agent = null);
