using System.Buffers;
using System.Text.Json;
using Agentctl.Adapters.OpenClaw;

namespace Agentctl.Sessions;

/// <summary>
/// The value of <c>openclaw_gateways</c>: by name a url and where its token comes from, an environment variable, a file or, last, the token itself.
/// <code>
/// { "lab": { "url": "ws://127.0.0.1:18790", "token_env": "LAB_TOKEN" }, "home": { "url": "ws://127.0.0.1:18791", "token_file": "~/.home-token" } }
/// </code>
/// </summary>
internal static class NamedGateways
{
    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>What is wrong, or null.</summary>
    public static string? TryRead(ref Utf8JsonReader reader, out IReadOnlyList<OpenClawSettings> gateways)
    {
        var read = new List<OpenClawSettings>();
        gateways = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "\"openclaw_gateways\" must be an object of gateways by name";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var gateway = new OpenClawSettings { Name = reader.GetString()! };
            reader.Read();
            if (gateway.Name.Length == 0 || gateway.Name.AsSpan().ContainsAnyExcept(NameLetters))
            {
                return $"\"openclaw_gateways\": '{gateway.Name}' is no name; use small letters, digits and hyphens";
            }

            if (read.Exists(other => other.Name == gateway.Name))
            {
                return $"\"openclaw_gateways\": '{gateway.Name}' appears twice";
            }

            if (TryRead(ref reader, ref gateway) is { } wrong)
            {
                return wrong;
            }

            read.Add(gateway);
        }

        return null;
    }

    private static string? TryRead(ref Utf8JsonReader reader, ref OpenClawSettings gateway)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"\"openclaw_gateways\": \"{gateway.Name}\" must be an object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var text = reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } said ? said : null;
            OpenClawSettings? with = (key, text) switch
            {
                (_, null) => null,
                ("url", _) => gateway with { Url = text },
                ("token_env", _) => gateway with { TokenVariable = text },
                ("token_file", _) => gateway with { TokenFile = text },
                ("token", _) => gateway with { Token = text },
                _ => null,
            };
            if (with is null)
            {
                return $"\"openclaw_gateways\": of \"{gateway.Name}\", \"{key}\" is not one of url, token_env, token_file and token with a text";
            }

            gateway = with;
        }

        return gateway.Url is null ? $"\"openclaw_gateways\": \"{gateway.Name}\" has no url" : null;
    }
}
