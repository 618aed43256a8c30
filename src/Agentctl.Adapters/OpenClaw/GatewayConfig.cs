using System.Buffers;
using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>The part of the gateway's own configuration file (openclaw.json) that says how to reach it.</summary>
/// <param name="IsRemote">The file says that the gateway lives elsewhere (<c>gateway.mode: "remote"</c>).</param>
/// <param name="Problem">What of it could not be read or resolved, with what to do next; never a secret.</param>
internal sealed record GatewayConfig(bool Exists, int? Port, bool IsRemote, string? RemoteUrl, string? Secret, string? Problem)
{
    private const int LimitBytes = 8 << 20;

    public static readonly GatewayConfig Absent = new(false, null, false, null, null, null);

    public static GatewayConfig Read(string path, string stateDirectory, AgentEnvironment environment)
    {
        var shown = environment.Tilde(path);
        try
        {
            if (NativeFile.ReadSmall(path, LimitBytes) is not { } bytes)
            {
                return Absent;
            }

            using var document = Json5.Parse(Encoding.UTF8.GetString(bytes));
            return From(document.RootElement, shown, name => environment[name] ?? DotEnv(stateDirectory, name));
        }
        catch (JsonException broken)
        {
            return Absent with
            {
                Exists = true,
                Problem = $"{shown} is not valid JSON5 (line {(broken.LineNumber ?? 0) + 1}); check it with `openclaw doctor`, or set OPENCLAW_GATEWAY_TOKEN",
            };
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Absent with { Exists = true, Problem = $"{shown} could not be read ({unreadable.Message}); set OPENCLAW_GATEWAY_TOKEN instead" };
        }
    }

    // { "gateway": { "mode": "local", "port": 18789, "auth": { "mode": "token", "token": "…" }, "remote": { "url": "ws://…", "token": "…" } } }
    private static GatewayConfig From(JsonElement root, string shown, Func<string, string?> variable)
    {
        var problem = HasInclude(root) ? $"{shown} includes other files, which agentctl does not follow; if the token is there, set OPENCLAW_GATEWAY_TOKEN" : null;
        if (root.Member("gateway") is not { } gateway)
        {
            return Absent with { Exists = true, Problem = problem };
        }

        var isRemote = gateway.Text("mode") == "remote";
        var from = isRemote ? gateway.Member("remote") : gateway.Member("auth");
        string? unresolved = null;
        var secret = from is { } auth ? Secret(auth, "token") ?? Secret(auth, "password") : null;
        return new GatewayConfig(
            true,
            gateway.Whole("port") is > 0 and <= 65535 and var port ? (int)port : null,
            isRemote,
            gateway.Member("remote")?.Text("url"),
            secret,
            secret is null ? unresolved ?? problem : null);

        string? Secret(JsonElement holder, string name)
        {
            if (holder.Text(name) is { } text)
            {
                return Substitute(text, variable, ref unresolved, shown);
            }

            // A secret reference: { "source": "env", "provider": "default", "id": "OPENCLAW_GATEWAY_TOKEN" }
            if (holder.Member(name) is not { ValueKind: JsonValueKind.Object } reference)
            {
                return null;
            }

            if (reference.Text("source") == "env" && reference.Text("id") is { } id && variable(id) is { } value)
            {
                return value;
            }

            unresolved ??= $"{shown} keeps the gateway's {name} in a secret reference (source {reference.Text("source") ?? "unknown"}) that agentctl cannot resolve; set OPENCLAW_GATEWAY_TOKEN";
            return null;
        }
    }

    /// <summary><c>${NAME}</c> is a variable, <c>$${NAME}</c> the literal text; an unset variable leaves the value unusable.</summary>
    private static string? Substitute(string text, Func<string, string?> variable, ref string? unresolved, string shown)
    {
        var value = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var rest = text.AsSpan(at);
            if (rest.StartsWith("$${"))
            {
                value.Append("${");
                at += 3;
            }
            else if (rest.StartsWith("${") && NameUntilBrace(rest[2..]) is { } name)
            {
                if (variable(name) is not { } found)
                {
                    unresolved ??= $"{shown} takes the gateway's token from ${{{name}}}, which is not set here; set it, or OPENCLAW_GATEWAY_TOKEN";
                    return null;
                }

                value.Append(found);
                at += name.Length + 3;
            }
            else
            {
                value.Append(text[at++]);
            }
        }

        return value.Length > 0 ? value.ToString() : null;
    }

    /// <summary>Only upper-case names are variables; anything else in braces is text.</summary>
    private static string? NameUntilBrace(ReadOnlySpan<char> text)
    {
        var end = text.IndexOf('}');
        return end > 0 && text[..end].IndexOfAnyExcept(NameCharacters) < 0 && !char.IsAsciiDigit(text[0]) ? text[..end].ToString() : null;
    }

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private static bool HasInclude(JsonElement root) =>
        root.Member("$include") is not null || root.Member("gateway")?.Member("$include") is not null || root.Member("gateway")?.Member("auth")?.Member("$include") is not null;

    /// <summary>The gateway also takes variables from <c>.env</c> in its state directory: lines <c>NAME=value</c>, quotes and <c>export</c> allowed.</summary>
    private static string? DotEnv(string stateDirectory, string name)
    {
        if (NativeFile.ReadSmall(Path.Combine(stateDirectory, ".env"), LimitBytes) is not { } bytes)
        {
            return null;
        }

        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            var text = line.Trim();
            text = text.StartsWith("export ", StringComparison.Ordinal) ? text[7..].TrimStart() : text;
            if (text.StartsWith(name, StringComparison.Ordinal) && text[name.Length..].TrimStart() is ['=', .. var value])
            {
                value = value.Trim();
                value = value is ['"', .. var quoted, '"'] ? quoted : value is ['\'', .. var single, '\''] ? single : value;
                return value.Length > 0 ? value : null;
            }
        }

        return null;
    }
}
