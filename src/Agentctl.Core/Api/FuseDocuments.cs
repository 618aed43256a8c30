namespace Agentctl.Core;

/// <summary>A directory's time limit. Keys are the reference's.</summary>
/// <param name="Directory">Real path.</param>
/// <param name="TtlMs">How long it was set for, in milliseconds.</param>
/// <param name="SessionId">Whom it concerns; told to the script and the webhook.</param>
/// <param name="OnExpire">What happens when its time is over; absent = it only goes.</param>
public sealed record FuseRow(string Directory, long TtlMs, DateTimeOffset ExpiresAt, string SessionId, FuseAction? OnExpire = null, string? Label = null);

/// <param name="Script">For /bin/sh, in the directory.</param>
/// <param name="Webhook">Gets a POST.</param>
/// <param name="Event">A word that the log and the webhook repeat.</param>
public sealed record FuseAction(string? Script = null, string? Webhook = null, string? Event = null);

/// <summary>Answer of <c>GET /v1/fuses</c>.</summary>
public sealed record FusesDocument(IReadOnlyList<FuseRow> Fuses, IReadOnlyList<string> Problems);

/// <summary>The body of <c>POST /v1/fuses</c>.</summary>
/// <param name="Action"><c>set</c> (replaces one that is there), <c>extend</c> or <c>cancel</c>.</param>
/// <param name="TtlMs">With <c>set</c> and <c>extend</c>, from now on; ten minutes when absent.</param>
public sealed record FuseOrder(string Action, string Directory, long? TtlMs = null, string? SessionId = null, FuseAction? OnExpire = null, string? Label = null);

/// <summary>What a fuse's webhook gets.</summary>
public sealed record FuseExpired(string Type, string Directory, string SessionId, string? Label, string? Event, DateTimeOffset ExpiredAt, string DeliveryId);
