using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// One <c>jobs/&lt;short id&gt;/state.json</c>: a conversation started with <c>claude --bg</c>, which Claude's daemon runs.
/// <code>
/// {"state":"working","detail":"…","tempo":"idle","intent":"SLEEP 8 background","name":"…","sessionId":"8760a0ae-…",
///  "daemonShort":"8760a0ae","cliVersion":"2.1.329","cwd":"/home/dev/proj","createdAt":"2026-11-21T06:48:43.674Z",
///  "updatedAt":"2026-11-21T06:48:52.852Z","firstTerminalAt":null,"backend":"daemon"}
/// </code>
/// state: working, running, blocked, crashed, done, failed, stopped. A job whose turn has finished stays "working".
/// </summary>
internal sealed record BackgroundJob
{
    public const int LimitBytes = 1024 * 1024;

    public required FileEntry File { get; init; }
    public required string ShortId { get; init; }
    public required string SessionId { get; init; }
    public string? State { get; init; }
    public string? Tempo { get; init; }
    public string? Intent { get; init; }
    public string? Name { get; init; }
    public string? Cwd { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }

    public DateTimeOffset ObservedAt => UpdatedAt ?? File.ModifiedAt;

    /// <summary>Claude's daemon is through with it.</summary>
    public bool HasEnded => State is "done" or "failed" or "stopped";

    /// <exception cref="InvalidDataException">It is torn, or is no job.</exception>
    public static BackgroundJob Parse(FileEntry file, ReadOnlyMemory<byte> json)
    {
        if (!ForeignJson.TryParse(json, out var root, out var damage))
        {
            throw new InvalidDataException(damage.What);
        }

        var shortId = Path.GetFileName(Path.GetDirectoryName(file.Path)) ?? "";
        return new BackgroundJob
        {
            File = file,
            ShortId = shortId,
            SessionId = SessionIds.ValidOrNull(root.Text("sessionId")) ?? throw new InvalidDataException("it names no session"),
            State = root.Text("state"),
            Tempo = root.Text("tempo"),
            Intent = root.Text("intent"),
            Name = root.Text("name"),
            Cwd = root.Text("cwd"),
            CreatedAt = JsonFields.Time(root.Text("createdAt")),
            UpdatedAt = JsonFields.Time(root.Text("updatedAt")),
        };
    }
}
