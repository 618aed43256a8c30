using System.Text.Json;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>One session as the gateway lists it. Equal rows are equal facts: what only says when the list was made is left out.</summary>
internal sealed record GatewayRow
{
    /// <summary>The key the gateway addresses it by: <c>agent:main:cron:f2b3daaa-…</c>.</summary>
    public required string Key { get; init; }

    public string? AgentId { get; init; }

    /// <summary>The transcript that is current under the key; a cron job's changes with every run.</summary>
    public string? SessionId { get; init; }

    /// <summary>The gateway's own word on whether anything runs; null when it did not say.</summary>
    public bool? HasActiveRun { get; init; }

    /// <summary><c>running</c>, <c>done</c>, <c>failed</c>, <c>killed</c>, <c>timeout</c>, or absent: of the newest run, and stale after a crash.</summary>
    public string? Status { get; init; }

    public bool AbortedLastRun { get; init; }
    public string? LastRunError { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public DateTimeOffset? LastInteractionAt { get; init; }
    public DateTimeOffset? LastActivityAt { get; init; }
    public string? Model { get; init; }
    public string? Label { get; init; }
    public string? DisplayName { get; init; }
    public string? DerivedTitle { get; init; }
    public string? Classification { get; init; }
    public string? Channel { get; init; }
    public string? CreatedVia { get; init; }

    /// <summary>Tokens of the newest run, not of the session: the gateway overwrites them.</summary>
    public long? LastRunInputTokens { get; init; }

    public long? LastRunOutputTokens { get; init; }

    /// <summary>A system prompt was sent: a run began at some time.</summary>
    public bool SystemSent { get; init; }

    /// <summary>
    /// What identifies the conversation. The key does, whatever session id is current under it; the raw keys that every agent
    /// has one of (<c>global</c>, <c>unknown</c>) need the agent's name beside.
    /// </summary>
    public string Id => IdOf(Key, AgentId);

    public static string IdOf(string key, string? agentId) =>
        key.StartsWith("agent:", StringComparison.Ordinal) || agentId is null ? key : $"{key}@{agentId}";

    /// <summary>Anything a run leaves behind; a session that was only created has none of it.</summary>
    public bool HasEverRun =>
        Status is not null || StartedAt is not null || EndedAt is not null || SystemSent || LastRunError is not null ||
        LastRunInputTokens > 0 || LastRunOutputTokens > 0 || LastActivityAt is not null || LastInteractionAt is not null || CreatedVia == "cron";

    public DateTimeOffset? ChangedAt => Latest(LastActivityAt, LastInteractionAt, StartedAt, EndedAt) ?? UpdatedAt ?? CreatedAt;

    /// <summary>When the gateway wrote what decides the state; while it runs, the end it shows is of the run before.</summary>
    public DateTimeOffset RecordedAt => (HasActiveRun is true ? Latest(StartedAt, UpdatedAt) : null) ?? EndedAt ?? StartedAt ?? UpdatedAt ?? CreatedAt ?? DateTimeOffset.UnixEpoch;

    /// <summary>Events name a cron run by <c>&lt;key&gt;:run:&lt;session id&gt;</c>; the session is the key.</summary>
    public static string BaseKey(string key) => key.IndexOf(":run:", StringComparison.Ordinal) is var at and > 0 ? key[..at] : key;

    // {"key":"agent:main:cron:f2b3daaa-…","sessionId":"e8469dd7-…","classification":"cron","createdVia":"cron","label":"Automation: job1",
    //  "updatedAt":1795243847162,"hasActiveRun":false,"activeRunIds":[],"inputTokens":10,"outputTokens":5,"systemSent":true,…}
    // An ended cron run has no status, startedAt or endedAt at all.
    public static GatewayRow? From(JsonElement row)
    {
        if (row.Text("key") is not { } key)
        {
            return null;
        }

        return new GatewayRow
        {
            Key = BaseKey(key),
            AgentId = row.Text("agentId"),
            SessionId = row.Text("sessionId"),
            HasActiveRun = row.Flag("hasActiveRun"),
            Status = row.Text("status"),
            AbortedLastRun = row.Flag("abortedLastRun") is true,
            LastRunError = row.Text("lastRunError") ?? row.Member("lastRunError")?.Text("message"),
            StartedAt = row.Time("startedAt"),
            EndedAt = row.Time("endedAt"),
            CreatedAt = row.Time("createdAt"),
            UpdatedAt = row.Time("updatedAt"),
            LastInteractionAt = row.Time("lastInteractionAt"),
            LastActivityAt = row.Time("lastActivityAt"),
            Model = row.Text("model"),
            Label = row.Text("label"),
            DisplayName = row.Text("displayName"),
            DerivedTitle = row.Text("derivedTitle"),
            Classification = row.Text("classification"),
            Channel = row.Text("channel"),
            CreatedVia = row.Text("createdVia"),
            LastRunInputTokens = row.Whole("inputTokens"),
            LastRunOutputTokens = row.Whole("outputTokens"),
            SystemSent = row.Flag("systemSent") is true,
        };
    }

    /// <summary>Of two rows of one conversation the one that runs, else the one that changed last.</summary>
    public GatewayRow Or(GatewayRow other) =>
        HasActiveRun is true && other.HasActiveRun is not true ? this
        : other.HasActiveRun is true && HasActiveRun is not true ? other
        : (other.UpdatedAt ?? DateTimeOffset.MinValue) >= (UpdatedAt ?? DateTimeOffset.MinValue) ? other : this;

    private static DateTimeOffset? Latest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        DateTimeOffset? latest = null;
        foreach (var time in times)
        {
            latest = latest is null || time > latest ? time ?? latest : latest;
        }

        return latest;
    }
}
