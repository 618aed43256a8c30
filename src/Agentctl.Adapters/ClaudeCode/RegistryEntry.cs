using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// One <c>sessions/&lt;pid&gt;.json</c>: what a Claude process says of itself. Removed on every exit but kill -9.
/// <code>
/// {"pid":8663,"sessionId":"d914a15a-…","cwd":"/home/dev/proj","startedAt":1795243648248,"procStart":"169251","version":"2.1.329",
///  "kind":"interactive","entrypoint":"sdk-cli","pidDomain":"linux:3d12…:pid:[4026531836]","name":"proj-38","nameSource":"derived",
///  "status":"busy","updatedAt":1795243648201,"statusUpdatedAt":1795243648201}
/// </code>
/// kind: interactive, bg, daemon, daemon-worker. status: busy, shell (a shell command of the user runs), idle, waiting.
/// </summary>
internal sealed record RegistryEntry
{
    public const int LimitBytes = 256 * 1024;

    public required string Path { get; init; }

    /// <summary>From the file's name, as Claude itself takes it.</summary>
    public required int Pid { get; init; }

    /// <summary>When the file was written, where it does not say so itself.</summary>
    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>The file ends in the middle or is no JSON: only what stood before the tear is known, and none of it but the id is believed.</summary>
    public bool IsTorn { get; private set; }

    public string? SessionId { get; private set; }
    public string? Cwd { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>Field 22 of the process's stat.</summary>
    public ulong? StartTicks { get; private set; }

    public string? Version { get; private set; }
    public string? Kind { get; private set; }
    public string? Entrypoint { get; private set; }
    public string? PidDomain { get; private set; }
    public string? Name { get; private set; }

    /// <summary><c>derived</c> = made from the directory's name, says nothing of the conversation.</summary>
    public string? NameSource { get; private set; }

    public string? Status { get; private set; }
    public string? WaitingFor { get; private set; }
    public DateTimeOffset? StatusAt { get; private set; }

    /// <summary>Short id of the background job this process works on.</summary>
    public string? JobId { get; private set; }

    /// <summary>The time of the newest thing this entry says.</summary>
    public DateTimeOffset ObservedAt => StatusAt ?? WrittenAt;

    /// <param name="json">Clean (<see cref="ForeignJson.Clean"/>).</param>
    public static RegistryEntry Parse(string path, int pid, DateTimeOffset writtenAt, ReadOnlySpan<byte> json)
    {
        var entry = new RegistryEntry { Path = path, Pid = pid, WrittenAt = writtenAt };
        try
        {
            entry.Read(json);
        }
        catch (JsonException)
        {
            entry.IsTorn = true;
        }

        return entry;
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = ForeignJson.Reader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        DateTimeOffset? updatedAt = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            var number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : (long?)null;
            switch (name)
            {
                case "sessionId": SessionId = SessionIds.ValidOrNull(text); break;
                case "cwd": Cwd = text; break;
                case "startedAt": StartedAt = JsonFields.Time(number); break;
                case "procStart": StartTicks = JsonFields.Ticks(text) ?? (number is >= 0 ? (ulong)number : null); break;
                case "version": Version = text; break;
                case "kind": Kind = text; break;
                case "entrypoint": Entrypoint = text; break;
                case "pidDomain": PidDomain = text; break;
                case "name": Name = text; break;
                case "nameSource": NameSource = text; break;
                case "status": Status = text; break;
                case "waitingFor": WaitingFor = text; break;
                case "statusUpdatedAt": StatusAt = JsonFields.Time(number); break;
                case "updatedAt": updatedAt = JsonFields.Time(number); break;
                case "jobId": JobId = text; break;
                default: break;
            }

            reader.Skip();
        }

        // Anything after the object is a longer, older content that was overwritten: torn too.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
        {
            throw new JsonException();
        }

        StatusAt ??= updatedAt;
    }
}
