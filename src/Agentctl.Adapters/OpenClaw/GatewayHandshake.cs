using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>A greeted connection.</summary>
/// <param name="Tick">How often the gateway says that it lives.</param>
internal sealed record GatewaySession(GatewayConnection Connection, string Version, TimeSpan Tick) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}

/// <summary>
/// From address to greeted connection: challenge, connect, hello-ok (protocol 4). Retries while the gateway starts up, and
/// shows a device identity only where it is demanded.
/// </summary>
internal sealed class GatewayHandshake(AgentEnvironment environment, TimeProvider time)
{
    public const int Protocol = 4;
    public const string Scope = "operator.read";

    /// <summary>For whoever wants something done; who only looks does not ask for it.</summary>
    public static readonly IReadOnlyList<string> ActingScopes = [Scope, "operator.write"];

    /// <summary>To end a run that another connection began: without it the gateway answers "unauthorized".</summary>
    public static readonly IReadOnlyList<string> EndingScopes = [Scope, "operator.write", "operator.admin"];

    private static readonly IReadOnlyList<string> LookingScopes = [Scope];
    public const string ClientId = "gateway-client";
    public const string ClientMode = "backend";
    public const string Role = "operator";
    public const string Platform = "linux";

    private static readonly TimeSpan DefaultRetry = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan DefaultTick = TimeSpan.FromSeconds(30);

    /// <exception cref="GatewayFailure">It did not come to a greeting.</exception>
    public async Task<GatewaySession> Open(
        GatewayPlace place, GatewayDeadlines deadlines, GatewayEventHandler? onEvent, CancellationToken cancellationToken, IReadOnlyList<string>? scopes = null)
    {
        CheckAddress(place);
        var began = time.GetTimestamp();
        DeviceIdentity? device = null;
        while (true)
        {
            try
            {
                return await OpenOnce(place, deadlines, device, onEvent, scopes ?? LookingScopes, cancellationToken);
            }
            catch (GatewayFailure starting) when (starting.Kind == GatewayFailureKind.StartingUp)
            {
                var wait = starting.RetryAfter is { } said && said > DefaultRetry ? said : DefaultRetry;
                if (time.GetElapsedTime(began) + (wait * 2) >= deadlines.Look)
                {
                    // One more try would be cut off, and then nobody would know why.
                    throw;
                }

                await Task.Delay(wait, time, cancellationToken);
            }
            catch (GatewayFailure wanted) when (wanted.Kind is GatewayFailureKind.NeedsDevice or GatewayFailureKind.MissingScope && device is null)
            {
                device = DeviceIdentity.LoadOrCreate(environment, time);
            }
            catch (GatewayFailure refused) when (refused.Kind == GatewayFailureKind.WrongToken)
            {
                throw new GatewayFailure(refused.Kind, $"{refused.Message}; the one used came from {place.TokenSource}", refused);
            }
            catch (GatewayFailure refused) when (refused.Kind == GatewayFailureKind.NoToken && place.Config.Problem is { } problem)
            {
                throw new GatewayFailure(refused.Kind, $"{refused.Message}; {problem}", refused);
            }
        }
    }

    private static void CheckAddress(GatewayPlace place)
    {
        if (place.AddressProblem is { } problem)
        {
            throw new GatewayFailure(GatewayFailureKind.Unreachable, problem);
        }

        if (place.Address.IsTls)
        {
            throw new GatewayFailure(GatewayFailureKind.Unreachable, $"{place.Address} is not looked at: agentctl does not speak wss yet; forward the port (`ssh -N -L 18789:127.0.0.1:18789 host`) and use ws://127.0.0.1:18789");
        }

        if (!place.Address.IsLoopback && !place.AllowsPlainText)
        {
            throw new GatewayFailure(GatewayFailureKind.Unreachable, $"{place.Address} is not looked at: the token would cross the network in the clear; forward the port (`ssh -N -L 18789:127.0.0.1:18789 host`) and use ws://127.0.0.1:18789, or set OPENCLAW_ALLOW_INSECURE_PRIVATE_WS=1 on a network you trust");
        }
    }

    private async Task<GatewaySession> OpenOnce(
        GatewayPlace place, GatewayDeadlines deadlines, DeviceIdentity? device, GatewayEventHandler? onEvent, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        var connection = await GatewayConnection.Open(place, deadlines, time, onEvent, cancellationToken);
        try
        {
            var challenge = await connection.Challenge(cancellationToken);
            var hello = await connection.Call("connect", json => WriteConnect(json, place.Token, device, challenge, scopes), deadlines.Hello, cancellationToken);
            return Greeted(connection, hello, place);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // {"minProtocol":4,"maxProtocol":4,"client":{"id":"gateway-client","version":"0.1.0","platform":"linux","mode":"backend"},
    //  "role":"operator","scopes":["operator.read"],"caps":[],"auth":{"token":"…"},"device":{…}}
    private static void WriteConnect(Utf8JsonWriter json, string? token, DeviceIdentity? device, GatewayChallenge challenge, IReadOnlyList<string> scopes)
    {
        json.WriteNumber("minProtocol"u8, Protocol);
        json.WriteNumber("maxProtocol"u8, Protocol);
        json.WriteStartObject("client"u8);
        json.WriteString("id"u8, ClientId);
        json.WriteString("version"u8, BuildStamp.Version);
        json.WriteString("platform"u8, Platform);
        json.WriteString("mode"u8, ClientMode);
        json.WriteEndObject();
        json.WriteString("role"u8, Role);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in scopes)
        {
            json.WriteStringValue(scope);
        }

        json.WriteEndArray();
        json.WriteStartArray("caps"u8);
        json.WriteEndArray();
        if (token is not null)
        {
            json.WriteStartObject("auth"u8);
            json.WriteString("token"u8, token);
            json.WriteEndObject();
        }

        device?.Write(json, challenge, token, scopes);
    }

    // {"type":"hello-ok","protocol":4,"server":{"version":"2026.9.6",…},"auth":{"role":"operator","scopes":["operator.read"]},"policy":{"tickIntervalMs":30000,…}}
    private static GatewaySession Greeted(GatewayConnection connection, JsonElement hello, GatewayPlace place)
    {
        if (hello.Text("type") != "hello-ok")
        {
            throw new GatewayFailure(GatewayFailureKind.BadAnswer, $"{GatewaySocket.Named(place.Address)} greeted with something else than hello-ok; is its version one that speaks protocol {Protocol}?");
        }

        if (hello.Whole("protocol") is { } protocol && protocol != Protocol)
        {
            throw new GatewayFailure(GatewayFailureKind.WrongProtocol, $"{GatewaySocket.Named(place.Address)} speaks protocol {protocol}, agentctl speaks {Protocol}; update whichever is older");
        }

        if (hello.Member("auth") is { } auth && auth.Member("scopes") is not null && !auth.Items("scopes").Any(GrantsReading))
        {
            throw new GatewayFailure(
                GatewayFailureKind.MissingScope,
                $"{GatewaySocket.Named(place.Address)} let agentctl in without {Scope}; approve its device there (`openclaw devices list`), or connect over loopback with the shared token");
        }

        var tick = hello.Member("policy")?.Whole("tickIntervalMs") is > 0 and < 3_600_000 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : DefaultTick;
        return new GatewaySession(connection, GatewayText.Clean(hello.Member("server")?.Text("version") ?? "unknown"), tick);
    }

    private static bool GrantsReading(JsonElement scope) =>
        scope.ValueKind == JsonValueKind.String && scope.GetString() is Scope or "operator.write" or "operator.admin";
}
