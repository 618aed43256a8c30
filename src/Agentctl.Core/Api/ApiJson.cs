using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>JSON of everything the daemon's API and <c>--json</c> write: camelCase, absent values left out, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(SessionRow))]
[JsonSerializable(typeof(IReadOnlyList<SessionRow>))]
[JsonSerializable(typeof(SessionsDocument))]
[JsonSerializable(typeof(ExplainDocument))]
[JsonSerializable(typeof(UsageDocument))]
[JsonSerializable(typeof(TranscriptLine))]
[JsonSerializable(typeof(DaemonDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(AdapterReport))]
[JsonSerializable(typeof(IReadOnlyList<LegacyLeftover>))]
[JsonSerializable(typeof(LaunchOrder))]
[JsonSerializable(typeof(LaunchedDocument))]
[JsonSerializable(typeof(ManyDocument))]
[JsonSerializable(typeof(HooksDocument))]
[JsonSerializable(typeof(QueueDocument))]
[JsonSerializable(typeof(QueueOrder))]
[JsonSerializable(typeof(WorktreesDocument))]
[JsonSerializable(typeof(CleanDocument))]
[JsonSerializable(typeof(RemovedWorktreesDocument))]
[JsonSerializable(typeof(RestoredDocument))]
[JsonSerializable(typeof(RemovedWorktreeRow))]
[JsonSerializable(typeof(StopOrder))]
[JsonSerializable(typeof(StopDocument))]
[JsonSerializable(typeof(WaitOrder))]
[JsonSerializable(typeof(WaitDocument))]
[JsonSerializable(typeof(SendOrder))]
[JsonSerializable(typeof(ActionDocument))]
[JsonSerializable(typeof(LockOrder))]
[JsonSerializable(typeof(LockRow))]
[JsonSerializable(typeof(LocksDocument))]
[JsonSerializable(typeof(PruneDocument))]
[JsonSerializable(typeof(FusesDocument))]
[JsonSerializable(typeof(IReadOnlyList<FuseRow>))]
[JsonSerializable(typeof(IReadOnlyList<LockRow>))]
[JsonSerializable(typeof(FuseOrder))]
[JsonSerializable(typeof(FuseExpired))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(AcpSessionOrder))]
[JsonSerializable(typeof(PromptOrder))]
[JsonSerializable(typeof(AcpSetOrder))]
[JsonSerializable(typeof(ApprovalOrder))]
[JsonSerializable(typeof(AcpPruneOrder))]
[JsonSerializable(typeof(AcpSessionDocument))]
[JsonSerializable(typeof(IReadOnlyList<AcpSessionDocument>))]
[JsonSerializable(typeof(AcpSessionsDocument))]
[JsonSerializable(typeof(AcpHistoryDocument))]
[JsonSerializable(typeof(PromptResultDocument))]
[JsonSerializable(typeof(AcpEvent))]
[JsonSerializable(typeof(ApprovalsDocument))]
[JsonSerializable(typeof(ApprovalRow))]
public sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>
    /// What everything is written with: text stays text instead of \u escapes. Nothing from here goes into HTML.
    /// </summary>
    public static ApiJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new IsoTimeConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
