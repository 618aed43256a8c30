using System.Buffers;
using System.Text.Json;
using Agentctl.Adapters.Custom;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// The value of <c>agents</c>:
/// <code>
/// { "mine": { "launch": ["my-agent", "--model", "{model}", "{prompt}"], "resume": ["my-agent", "--resume", "{session_id}", "{prompt}"],
///             "attach": ["my-agent", "--resume", "{session_id}"], "stdin": "none", "id": "Session: {id}", "stop_signal": "TERM" } }
/// </code>
/// </summary>
internal static class CustomAgents
{
    /// <summary>Names that agentctl itself has.</summary>
    private static readonly string[] Taken = ["claude-code", "codex", "openclaw", "opencode", "pi", "gemini", "acp", "agentctl"];

    private static readonly SearchValues<char> NameLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private sealed class Fields
    {
        public List<string>? Launch, Resume, Attach;
        public string Stdin = "none", StopSignal = "TERM";
        public string? Id, IdKey;
    }

    /// <summary>What is wrong, or null.</summary>
    public static string? TryRead(ref Utf8JsonReader reader, out IReadOnlyList<CustomAgent> agents)
    {
        var read = new List<CustomAgent>();
        agents = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "\"agents\" must be an object of agents by name";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (WrongName(name) is { } problem)
            {
                return problem;
            }

            var fields = new Fields();
            if (TryRead(ref reader, name, fields) is { } wrong)
            {
                return wrong;
            }

            read.Add(new CustomAgent(
                name,
                fields.Launch!,
                fields.Resume,
                fields.Attach,
                fields.Stdin switch { "text" => StdinMode.Text, "open" => StdinMode.Open, _ => StdinMode.None },
                fields.StopSignal == "INT" ? PoliteSignal.Interrupt : PoliteSignal.Terminate,
                fields.Id,
                fields.IdKey));
        }

        return null;
    }

    private static string? WrongName(string name) =>
        name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameLetters) ? $"\"agents\": '{name}' is no name; use small letters, digits and hyphens"
        : Taken.Contains(name) ? $"\"agents\": '{name}' is a name that agentctl itself uses"
        : name.StartsWith("openclaw-", StringComparison.Ordinal) ? $"\"agents\": '{name}' is how a gateway of \"openclaw_gateways\" is called; take a name that does not begin with openclaw-"
        : null;

    private static string? TryRead(ref Utf8JsonReader reader, string name, Fields fields)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"\"agents\": \"{name}\" must be an object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var isRight = key switch
            {
                "launch" => (fields.Launch = Words(ref reader)) is { Count: > 0 },
                "resume" => (fields.Resume = Words(ref reader)) is { Count: > 0 },
                "attach" => (fields.Attach = Words(ref reader)) is { Count: > 0 },
                "stdin" => (fields.Stdin = Text(ref reader) ?? "") is "none" or "text" or "open",
                "stop_signal" => (fields.StopSignal = Text(ref reader) ?? "") is "TERM" or "INT",
                "id" => (fields.Id = Text(ref reader)) is { } template && template.Split("{id}").Length == 2,
                "id_key" => (fields.IdKey = Text(ref reader)) is { Length: > 0 },
                _ => false,
            };
            if (!isRight)
            {
                return Wrong(name, key);
            }
        }

        return fields.Launch is null ? $"\"agents\": \"{name}\" needs \"launch\", a list of program and arguments"
            : fields.Stdin == "none" && !HasPrompt(fields.Launch) ? $"\"agents\": \"{name}\" would never see its prompt: put {{prompt}} into \"launch\", or set \"stdin\" to \"text\""
            : null;
    }

    private static bool HasPrompt(List<string> words) => words.Exists(static word => word.Contains("{prompt}", StringComparison.Ordinal));

    private static string Wrong(string name, string key) => $"\"agents\": \"{name}\": \"{key}\" " + key switch
    {
        "launch" or "resume" or "attach" => "must be a list of texts, the program first",
        "stdin" => "is \"none\", \"text\" or \"open\"",
        "stop_signal" => "is \"TERM\" or \"INT\"",
        "id" => "must be a text with one {id} in it",
        "id_key" => "must be a text",
        _ => "is no key of an agent; known are launch, resume, attach, stdin, stop_signal, id, id_key",
    };

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;

    private static List<string>? Words(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }

        var words = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Text(ref reader) is not { } word)
            {
                return null;
            }

            words.Add(word);
        }

        return words;
    }
}
