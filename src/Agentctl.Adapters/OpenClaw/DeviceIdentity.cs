using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// The Ed25519 key by which a gateway knows this agentctl, in the file format of the tool before this one, so that an approved
/// device stays approved. Made only when a gateway demands it; 0600.
/// </summary>
internal sealed class DeviceIdentity
{
    private const int LimitBytes = 64 << 10;

    /// <summary>PKCS8 and SPKI (RFC 8410) put fixed bytes before the 32 of the key.</summary>
    private static ReadOnlySpan<byte> PrivatePrefix => [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    private static ReadOnlySpan<byte> PublicPrefix => [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly byte[] seed;
    private readonly byte[] publicKey;

    private DeviceIdentity(byte[] seed)
    {
        this.seed = seed;
        publicKey = Ed25519.PublicKey(seed);
        Id = Convert.ToHexStringLower(SHA256.HashData(publicKey));
    }

    /// <summary>Hex SHA-256 of the public key.</summary>
    public string Id { get; }

    public static string PathIn(AgentEnvironment environment) => Path.Combine(environment.AgentctlHome, "identity", "device.json");

    /// <exception cref="GatewayFailure">There is no Ed25519 here, or the file cannot be read or written.</exception>
    public static DeviceIdentity LoadOrCreate(AgentEnvironment environment, TimeProvider time)
    {
        var path = PathIn(environment);
        var shown = environment.Tilde(path);
        if (!Ed25519.IsAvailable)
        {
            throw new GatewayFailure(GatewayFailureKind.NotPaired, "the gateway wants a device identity, and libcrypto.so.3 with Ed25519 is not on this system; install OpenSSL 3, or connect over loopback with the shared token");
        }

        try
        {
            if (NativeFile.ReadSmall(path, LimitBytes) is { } bytes)
            {
                return Read(bytes) ?? throw new GatewayFailure(GatewayFailureKind.NotPaired, $"{shown} holds no Ed25519 key; move it away and agentctl makes a new one, which the gateway must then approve");
            }

            var made = new DeviceIdentity(Ed25519.NewSeed());
            PrivateDirectory.Ensure(environment.AgentctlHome);
            PrivateDirectory.Ensure(Path.GetDirectoryName(path)!);
            DurableFile.Replace(path, made.Json(time.GetUtcNow()), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return made;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new GatewayFailure(GatewayFailureKind.NotPaired, $"the gateway wants a device identity, and {shown} could not be read or written ({failed.Message}); correct its permissions", failed);
        }
    }

    // {"version":1,"deviceId":"<hex>","publicKeyPem":"-----BEGIN PUBLIC KEY-----\n…","privateKeyPem":"-----BEGIN PRIVATE KEY-----\n…","createdAtMs":1795225164427}
    private static DeviceIdentity? Read(byte[] bytes)
    {
        try
        {
            if (!ForeignJson.TryParse(bytes, out var json, out _) || json.Text("privateKeyPem") is not { } pem || !PemEncoding.TryFind(pem, out var fields))
            {
                return null;
            }

            var key = Convert.FromBase64String(pem[fields.Base64Data]);
            return key.Length == PrivatePrefix.Length + 32 && key.AsSpan().StartsWith(PrivatePrefix) ? new DeviceIdentity(key[PrivatePrefix.Length..]) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private byte[] Json(DateTimeOffset now)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, 1);
            json.WriteString("deviceId"u8, Id);
            json.WriteString("publicKeyPem"u8, PemEncoding.WriteString("PUBLIC KEY", [.. PublicPrefix, .. publicKey]) + "\n");
            json.WriteString("privateKeyPem"u8, PemEncoding.WriteString("PRIVATE KEY", [.. PrivatePrefix, .. seed]) + "\n");
            json.WriteNumber("createdAtMs"u8, now.ToUnixTimeMilliseconds());
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Writes the <c>device</c> member of a connect request, signed over the challenge (payload v3).</summary>
    public void Write(Utf8JsonWriter json, GatewayChallenge challenge, string? token, IReadOnlyList<string> scopes)
    {
        var payload = string.Join('|', [
            "v3", Id, GatewayHandshake.ClientId, GatewayHandshake.ClientMode, GatewayHandshake.Role, string.Join(',', scopes),
            challenge.SentAtMilliseconds.ToString(CultureInfo.InvariantCulture), token ?? "", challenge.Nonce, GatewayHandshake.Platform, ""]);
        json.WriteStartObject("device"u8);
        json.WriteString("id"u8, Id);
        json.WriteString("publicKey"u8, Base64Url(publicKey));
        json.WriteString("signature"u8, Base64Url(Ed25519.Sign(seed, Encoding.UTF8.GetBytes(payload))));
        json.WriteNumber("signedAt"u8, challenge.SentAtMilliseconds);
        json.WriteString("nonce"u8, challenge.Nonce);
        json.WriteEndObject();
    }

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
