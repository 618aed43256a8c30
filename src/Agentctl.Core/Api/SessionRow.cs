using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>
/// One session as scripts see it: a row of <c>list --json</c>, <c>status --json</c> and the daemon's API. The keys and their
/// order are a contract (docs/specs/session-row.md); absent values are left out, <c>meta</c> is always there.
/// </summary>
public sealed record SessionRow
{
    public required string Id { get; init; }
    public required string Adapter { get; init; }
    public required string Status { get; init; }
    public string? Reason { get; init; }
    public required bool Alive { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }
    public DateTimeOffset? LastActivityAt { get; init; }
    public string? Cwd { get; init; }
    public string? Spec { get; init; }
    public string? Model { get; init; }
    public string? Prompt { get; init; }
    public RowTokens? Tokens { get; init; }
    public decimal? Cost { get; init; }
    public int? Pid { get; init; }
    public int? ExitCode { get; init; }
    public required string Owner { get; init; }
    public string? Group { get; init; }
    public string? Host { get; init; }
    public IReadOnlyList<string>? Aliases { get; init; }
    public required IReadOnlyDictionary<string, string> Meta { get; init; }
    public required RowEvidence Evidence { get; init; }

    /// <summary>Longest prompt on a row, in characters (the reference's limit).</summary>
    public const int PromptLimit = 200;

    /// <param name="home">What <c>~</c> stands for in the evidence's source; null leaves its path out.</param>
    public static SessionRow From(Session session, string? home = null)
    {
        var seen = session.Sighting;
        var verdict = session.Verdict;
        return new SessionRow
        {
            Id = seen.Id,
            Adapter = seen.Adapter,
            Status = verdict.State.Word(),
            Reason = verdict.Reason,
            Alive = verdict.IsAlive,
            StartedAt = seen.StartedAt,
            StoppedAt = verdict.State.IsTerminal() ? seen.StoppedAt ?? seen.LastActivityAt : null,
            LastActivityAt = seen.LastActivityAt,
            Cwd = seen.Cwd,
            Spec = session.Spec,
            Model = seen.Model,
            Prompt = PromptOf(seen.Prompt),
            Tokens = seen.Tokens is { } tokens ? new RowTokens(tokens.In, tokens.Out, tokens.CacheRead, tokens.CacheWrite) : null,
            Cost = seen.Cost,
            Pid = verdict.IsAlive ? seen.Facts.Process?.Pid : null,
            ExitCode = seen.ExitCode,
            Owner = seen.Owner.Word(),
            Group = session.Group,
            Host = seen.Facts.Process?.Host,
            Aliases = seen.Aliases.Count > 0 ? seen.Aliases : null,
            Meta = seen.Meta,
            Evidence = new RowEvidence(verdict.Decider.Source, verdict.Decider.Fact, verdict.Decider.ObservedAt, PathOf(verdict.Decider.Source, home)),
        };
    }

    /// <summary>The source as a path that a program can open; null when it is no file.</summary>
    private static string? PathOf(string source, string? home) =>
        source.StartsWith('/') ? source
        : home is not null && source.StartsWith("~/", StringComparison.Ordinal) ? string.Concat(home, source.AsSpan(1))
        : null;

    /// <summary>What the user wrote, with the names of the files that precede it.</summary>
    public static string? PromptOf(string? prompt)
    {
        var shown = PromptPreamble.Shown(prompt);
        return shown is { Length: > PromptLimit } ? Cut(shown) : shown;
    }

    /// <summary>Cuts without tearing a surrogate pair apart.</summary>
    private static string Cut(string text) => text[..(char.IsHighSurrogate(text[PromptLimit - 1]) ? PromptLimit - 1 : PromptLimit)];
}

public sealed record RowTokens(long In, long Out, long CacheRead, long CacheWrite);

/// <param name="Path">The source as an absolute path, when it is a file.</param>
public sealed record RowEvidence(string Source, string Fact, DateTimeOffset ObservedAt, string? Path = null);

/// <summary>Time stamps as scripts of the reference know them: UTC, milliseconds, <c>Z</c>.</summary>
public sealed class IsoTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        value.UtcDateTime.TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        writer.WriteStringValue(text[..written]);
    }
}
