using System.Text.Json.Serialization;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// The bodies of requests. Stricter than what reads the daemon's own documents: a key that must be there may be neither absent nor null.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LaunchOrder))]
[JsonSerializable(typeof(StopOrder))]
[JsonSerializable(typeof(WaitOrder))]
[JsonSerializable(typeof(SendOrder))]
[JsonSerializable(typeof(LockOrder))]
[JsonSerializable(typeof(QueueOrder))]
[JsonSerializable(typeof(FuseOrder))]
[JsonSerializable(typeof(AcpSessionOrder))]
[JsonSerializable(typeof(PromptOrder))]
[JsonSerializable(typeof(AcpSetOrder))]
[JsonSerializable(typeof(ApprovalOrder))]
[JsonSerializable(typeof(AcpPruneOrder))]
internal sealed partial class RequestJson : JsonSerializerContext;
