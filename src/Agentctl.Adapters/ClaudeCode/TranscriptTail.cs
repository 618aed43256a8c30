using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What the end of a transcript tells: how the newest turn ended, the newest model, the running totals.</summary>
/// <param name="folder">The project folder that holds the file.</param>
internal sealed class TranscriptTail(string source, DateTimeOffset modifiedAt, string folder)
{
    /// <summary>So far back the end of the newest turn is looked for: bookkeeping of some megabytes may follow it.</summary>
    public const long SignalLimitBytes = 16L * 1024 * 1024;

    /// <summary>So far back what may be missing altogether is looked for; Claude repeats it at every end.</summary>
    private const long ExtrasLimitBytes = 128 * 1024;

    private bool _sawClosingCost;
    private string? _customTitle;
    private string? _aiTitle;
    private string? _summary;
    private string? _newestCwd;
    private string? _fittingCwd;

    /// <summary>
    /// Where the session works now: the directory of the newest record that gives the file's folder its name, for Claude resumes a
    /// session only there. A conversation can move to another directory, such as a worktree, and its shell can go elsewhere.
    /// </summary>
    /// <param name="first">The directory of the first record.</param>
    public string? Cwd(string? first) => _fittingCwd ?? ClaudePlaces.DirectoryOf(folder, first) ?? _newestCwd ?? first;

    public Signal Signal { get; private set; } = Signal.None;
    public Evidence? SignalEvidence { get; private set; }
    public DateTimeOffset? LastActivityAt { get; private set; }
    public string? Model { get; private set; }
    public TokenUsage? Tokens { get; private set; }
    public decimal? Cost { get; private set; }

    /// <summary>The agent did not know the price of a model and guessed.</summary>
    public bool IsCostEstimated { get; private set; }

    public string? Title => _customTitle ?? _aiTitle ?? _summary;
    public int Records { get; private set; }

    public void Read(string path, DamagedRecords damaged)
    {
        long? end = null;
        var isWhole = true;
        foreach (var (line, record) in TranscriptRecord.In(JsonLines.Backward(path).Within(SignalLimitBytes, () => isWhole = false), damaged, newestFirst: true))
        {
            end ??= line.End;
            Records++;
            Take(record);

            if ((Signal != Signal.None && end.Value - line.Start > ExtrasLimitBytes) ||
                (Signal != Signal.None && Model is not null && Tokens is not null && Title is not null))
            {
                return;
            }
        }

        // The whole file was seen: nobody asked anything in it.
        if (Signal == Signal.None && isWhole)
        {
            Say(Signal.NeverRun, Records == 0 ? "no record in it yet" : "only bookkeeping in it, no message", null);
        }
    }

    private void Take(in TranscriptRecord record)
    {
        LastActivityAt ??= record.At;
        if (_fittingCwd is null && record.Cwd is { } cwd)
        {
            _newestCwd ??= SharedText.Of(cwd);
            _fittingCwd = SharedText.Of(ClaudePlaces.DirectoryOf(folder, cwd));
        }

        switch (record.Kind)
        {
            case RecordKind.User when Signal == Signal.None && !record.IsSidechain:
                TakeUser(record);
                break;
            case RecordKind.Assistant when !record.IsSidechain && (Signal == Signal.None || Model is null):
                TakeAssistant(record);
                break;
            case RecordKind.CostState:
                TakeCost(record);
                break;
            case RecordKind.CustomTitle when _customTitle is null:
                _customTitle = TextOf(record, "customTitle");
                break;
            case RecordKind.AiTitle when _aiTitle is null:
                _aiTitle = TextOf(record, "aiTitle");
                break;
            case RecordKind.Summary when _summary is null:
                _summary = TextOf(record, "summary");
                break;
            default:
                break;
        }
    }

    private void TakeUser(in TranscriptRecord record)
    {
        if (record.IsCompactSummary)
        {
            return;
        }

        using var document = record.Open();
        var message = UserMessage.Read(document.RootElement);
        if (message.Kind == UserMessageKind.Interruption)
        {
            Say(Signal.Aborted, $"newest message is the mark \"{message.Text}\"", record.At);
        }
        else if (message.Kind == UserMessageKind.ToolResult)
        {
            SayUnfinished("newest message is a tool's result, and no answer follows", record.At);
        }
        // Claude itself may begin a turn ("Continue from where you left off"); other notes to itself begin none.
        else if (message.Kind == UserMessageKind.Prompt && (!record.IsMeta || record.HasTurnPosition))
        {
            SayUnfinished("newest message is a prompt, and no answer follows", record.At);
        }
    }

    private void TakeAssistant(in TranscriptRecord record)
    {
        using var document = record.Open();
        if (document.RootElement.Field("message") is not { } message)
        {
            return;
        }

        var model = message.Text("model");
        // Claude closes an unfinished turn with a synthetic "No response requested." when it is resumed; no model said that.
        var synthetic = model == "<synthetic>";
        Model ??= synthetic ? null : SharedText.Of(model);
        if (Signal != Signal.None)
        {
            return;
        }

        if (record.IsApiError)
        {
            var status = document.RootElement.Integer("apiErrorStatus");
            Say(Signal.Failed, $"newest message is an API error{(status is null ? "" : $", status {status}")} (isApiErrorMessage)", record.At);
        }
        else if (!synthetic)
        {
            TakeStop(message, record.At);
        }
    }

    private void TakeStop(JsonElement message, DateTimeOffset? at)
    {
        var id = message.Text("id");
        var reason = message.Text("stop_reason");
        var callsTool = message.Field("content") is { ValueKind: JsonValueKind.Array } parts &&
            parts.EnumerateArray().LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.Text("type") != "text";
        if (reason is "tool_use" or "pause_turn" || (reason is null && callsTool))
        {
            SayUnfinished($"newest message, {id}, wants to go on (stop_reason {reason ?? "absent"}), and nothing follows", at);
        }
        else
        {
            // Older versions wrote no stop reason into the transcript: a text is then the end of its turn.
            Say(Signal.Done, $"newest message, {id}, is a complete answer (stop_reason {reason ?? "absent, a text"})", at);
        }
    }

    private void TakeCost(in TranscriptRecord record)
    {
        _sawClosingCost |= Signal == Signal.None;
        if (Tokens is not null)
        {
            return;
        }

        using var document = record.Open();
        var root = document.RootElement;
        if (root.Field("modelUsage") is not { ValueKind: JsonValueKind.Object } models)
        {
            return;
        }

        var sum = new TokenUsage(0, 0);
        foreach (var model in models.EnumerateObject())
        {
            sum += TokenUsage.Recorded(
                model.Value.Integer("inputTokens"), model.Value.Integer("outputTokens"),
                model.Value.Integer("cacheReadInputTokens"), model.Value.Integer("cacheCreationInputTokens"));
        }

        Tokens = sum;
        Cost = root.Field("totalCostUSD") is { ValueKind: JsonValueKind.Number } cost && cost.TryGetDecimal(out var dollars) ? Dollars(dollars) : null;
        IsCostEstimated = root.Flag("hasUnknownModelCost") == true;
    }

    /// <summary>
    /// The newest turn has no end. A killed Claude writes nothing more; one that was asked to go (SIGTERM, a closed terminal)
    /// still writes its closing cost record.
    /// </summary>
    private void SayUnfinished(string fact, DateTimeOffset? at)
    {
        if (_sawClosingCost)
        {
            Say(Signal.Aborted, $"{fact}; Claude closed the record itself (cost-state), so it was ended in the middle of the turn", at);
        }
        else
        {
            Say(Signal.Busy, fact, at);
        }
    }

    private void Say(Signal signal, string fact, DateTimeOffset? at)
    {
        Signal = signal;
        SignalEvidence = new Evidence(source, fact, at ?? modifiedAt);
    }

    /// <summary>To a millionth, without the zeros that rounding leaves behind.</summary>
    private static decimal Dollars(decimal cost) => decimal.Round(cost, 6) / 1.000000000000000000000000000m;

    private static string? TextOf(in TranscriptRecord record, string field)
    {
        using var document = record.Open();
        return document.RootElement.Text(field);
    }
}
