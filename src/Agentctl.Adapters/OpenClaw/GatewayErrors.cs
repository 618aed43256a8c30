using System.Text.Json;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// The gateway's error answers in our words, each with what to do next. Judged by code, as its documents ask; the text is only shown.
/// <code>{"code":"INVALID_REQUEST","message":"unauthorized: …","details":{"code":"AUTH_TOKEN_MISMATCH","recommendedNextStep":"update_auth_credentials"}}</code>
/// </summary>
internal static class GatewayErrors
{
    public static GatewayFailure From(JsonElement error, GatewayAddress address, string? secret)
    {
        var code = error.Text("code") ?? "";
        var details = error.Member("details") ?? default;
        var detail = details.Text("code") ?? "";
        var said = GatewayText.Clean(error.Text("message"), secret);
        var gateway = GatewaySocket.Named(address);
        return detail switch
        {
            "AUTH_TOKEN_MISMATCH" or "AUTH_PASSWORD_MISMATCH" or "AUTH_UNAUTHORIZED" or "AUTH_DEVICE_TOKEN_MISMATCH" => Failed(
                GatewayFailureKind.WrongToken,
                $"{gateway} refused the token; set OPENCLAW_GATEWAY_TOKEN to the gateway's own (gateway.auth.token in its openclaw.json)"),
            "AUTH_TOKEN_MISSING" or "AUTH_PASSWORD_MISSING" or "AUTH_REQUIRED" => Failed(
                GatewayFailureKind.NoToken,
                $"{gateway} wants a token and none was found; set OPENCLAW_GATEWAY_TOKEN to the gateway's own (gateway.auth.token in its openclaw.json)"),
            "AUTH_TOKEN_NOT_CONFIGURED" or "AUTH_PASSWORD_NOT_CONFIGURED" => Failed(
                GatewayFailureKind.NoToken,
                $"{gateway} has no token or password configured to compare with; set gateway.auth.token in its openclaw.json"),
            "AUTH_RATE_LIMITED" => Failed(
                GatewayFailureKind.RateLimited,
                $"{gateway} refuses connections for a while after too many wrong tokens; correct the token, wait, then try again"),
            "PROTOCOL_MISMATCH" => Failed(
                GatewayFailureKind.WrongProtocol,
                $"{gateway} speaks protocol {details.Whole("expectedProtocol")?.ToString() ?? "unknown"}, agentctl speaks {GatewayHandshake.Protocol}; update whichever is older"),
            "MISSING_SCOPE" or "AUTH_SCOPE_MISMATCH" => Failed(
                GatewayFailureKind.MissingScope,
                $"{gateway} does not grant {details.Text("missingScope") ?? GatewayHandshake.Scope} to this connection; approve agentctl's device there (`openclaw devices list`), or connect over loopback with the shared token"),
            "PAIRING_REQUIRED" => Failed(
                GatewayFailureKind.NotPaired,
                $"{gateway} wants agentctl's device to be approved; on the gateway's machine: `openclaw devices list`, then `openclaw devices approve <id>`"),
            "DEVICE_IDENTITY_REQUIRED" or "CONTROL_UI_DEVICE_IDENTITY_REQUIRED" => Failed(
                GatewayFailureKind.NeedsDevice,
                $"{gateway} wants a device identity"),
            _ when detail.StartsWith("DEVICE_AUTH_", StringComparison.Ordinal) => Failed(
                GatewayFailureKind.NotPaired,
                $"{gateway} refused agentctl's device identity ({detail}: {said}); check this machine's clock, or remove identity/device.json in agentctl's home to make a new one"),
            _ when code == "NOT_PAIRED" => Failed(
                GatewayFailureKind.NeedsDevice,
                $"{gateway} wants a device identity"),
            _ when code == "UNAVAILABLE" => Failed(
                GatewayFailureKind.StartingUp,
                $"{gateway} is not ready yet ({details.Text("reason") ?? said}); try again in a moment"),
            _ => Failed(
                GatewayFailureKind.CallFailed,
                $"{gateway} answered with an error ({(detail.Length > 0 ? detail : code.Length > 0 ? GatewayText.Clean(code, secret) : "no code")}: {said}); its log tells more: `openclaw logs`"),
        };

        GatewayFailure Failed(GatewayFailureKind kind, string message) => new(kind, message)
        {
            Code = code,
            RetryAfter = (error.Whole("retryAfterMs") ?? details.Whole("retryAfterMs")) is >= 0 and < 600_000 and var wait ? TimeSpan.FromMilliseconds(wait) : null,
        };
    }
}
