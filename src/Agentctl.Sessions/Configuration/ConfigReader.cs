using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>Reads config.json key by key: one invalid setting costs none of the others, and each is reported with its line.</summary>
internal static class ConfigReader
{
    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static ConfigOutcome Parse(string path, ReadOnlySpan<byte> file)
    {
        var json = file.StartsWith(Encoding.UTF8.Preamble) ? file[Encoding.UTF8.Preamble.Length..] : file;
        if (!Utf8.IsValid(json))
        {
            return new ConfigOutcome.Invalid(path, LineAt(json, FirstInvalidByte(json)), "it is not valid UTF-8");
        }

        var reader = new Utf8JsonReader(json, Options);
        try
        {
            return Read(ref reader, path, json);
        }
        catch (JsonException failure)
        {
            return new ConfigOutcome.Invalid(
                path, (int)(failure.LineNumber ?? 0) + 1, IsValidButDeep(json) ? $"it is nested deeper than {DeepestNesting} levels" : "it is not valid JSON");
        }
    }

    /// <summary>The default of <see cref="JsonReaderOptions.MaxDepth"/>.</summary>
    private const int DeepestNesting = 64;

    private static bool IsValidButDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options with { MaxDepth = 100_000 });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ConfigOutcome Read(ref Utf8JsonReader reader, string path, ReadOnlySpan<byte> json)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return new ConfigOutcome.Invalid(path, 1, "it must be a JSON object");
        }

        var config = new AgentctlConfig();
        var problems = new List<ConfigProblem>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ConfigText.In(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (AgentctlConfig.Keys.FirstOrDefault(key => key.Name == name) is { } known)
            {
                var value = json[start..(int)reader.BytesConsumed];
                var (offset, problem) = seen.Add(known.Name) ? ConfigText.ProblemIn(value, known.Name) : (0, $"\"{known.Name}\" appears twice; keep one of them");
                if (problem is null)
                {
                    var values = new Utf8JsonReader(value, Options);
                    values.Read();
                    (config, problem) = Read(config, known, ref values);
                }

                if (problem is not null)
                {
                    problems.Add(new ConfigProblem(known.Name, LineAt(json, start + offset), problem));
                }
            }
        }

        // What follows the object must be nothing.
        reader.Read();
        return problems is [var first, ..]
            ? new ConfigOutcome.Invalid(path, first.Line, first.Problem) { Readable = config, Problems = problems }
            : new ConfigOutcome.Loaded(config);
    }

    /// <summary>The configuration with one more key, or what is wrong with its value.</summary>
    private static (AgentctlConfig Config, string? Problem) Read(AgentctlConfig config, ConfigKey key, ref Utf8JsonReader reader)
    {
        switch (key.Kind)
        {
            case ConfigKind.Text:
                return reader.TokenType != JsonTokenType.String ? (config, $"\"{key.Name}\" must be a string")
                    : reader.GetString() is { Length: > 0 } text && ConfigText.WhyRefused(key.Name, text) is { } refusal ? (config, refusal)
                    : (With(config, key.Name, reader.GetString()!), null);
            case ConfigKind.Seconds:
                return TrySeconds(ref reader, out var seconds) ? (config with { AdapterTimeout = seconds }, null) : (config, $"\"{key.Name}\" must be a number of seconds above 0 and below 3600");
            case ConfigKind.SecondsByAdapter:
                return TrySecondsByAdapter(ref reader, out var byAdapter) ? (config with { AdapterTimeouts = byAdapter }, null) : (config, $"\"{key.Name}\" must be an object of seconds by adapter");
            case ConfigKind.Count:
                return TryCount(ref reader, out var count) ? (With(config, key.Name, count), null) : (config, $"\"{key.Name}\" must be a whole number, 0 or above");
            case ConfigKind.CountByName:
                return TryCountByName(ref reader, out var byName)
                    ? (key.Name == "max_concurrent_by_adapter" ? config with { MaxConcurrentByAdapter = byName } : config with { MaxConcurrentByGroup = byName }, null)
                    : (config, $"\"{key.Name}\" must be an object of whole numbers by name");
            case ConfigKind.TextList:
                return TryTexts(ref reader, out var texts) ? (config with { WorktreeCopy = texts }, null) : (config, $"\"{key.Name}\" must be a list of texts");
            case ConfigKind.LockMode:
                return reader.TokenType == JsonTokenType.String && reader.GetString() is ("exact" or "tree") and var mode
                    ? (config with { LockMode = mode == "tree" ? DirectoryRule.Tree : DirectoryRule.Exact }, null)
                    : (config, $"\"{key.Name}\" is \"exact\" or \"tree\"");
            case ConfigKind.Acp or ConfigKind.AcpText or ConfigKind.AcpNumber:
                return AcpConfig.TryRead(config.Acp, key.Name, ref reader, out var acp) is { } wrong ? (config, wrong) : (config with { Acp = acp }, null);
            case ConfigKind.Gateways:
                return NamedGateways.TryRead(ref reader, out var gateways) is { } bad ? (config, bad) : (config with { OpenClawGateways = gateways }, null);
            default:
                return CustomAgents.TryRead(ref reader, out var agents) is { } problem ? (config, problem) : (config with { Agents = agents }, null);
        }
    }

    private static AgentctlConfig With(AgentctlConfig config, string key, int count) => key == "max_concurrent" ? config with { MaxConcurrent = count } : config with { OutputCapMegabytes = count };

    private static bool TryCount(ref Utf8JsonReader reader, out int count)
    {
        count = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out count) && count >= 0;
    }

    private static bool TryCountByName(ref Utf8JsonReader reader, out IReadOnlyDictionary<string, int> byName)
    {
        var read = new Dictionary<string, int>();
        byName = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!TryCount(ref reader, out var count))
            {
                return false;
            }

            read[name] = count;
        }

        return true;
    }

    private static bool TryTexts(ref Utf8JsonReader reader, out IReadOnlyList<string> texts)
    {
        var read = new List<string>();
        texts = read;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            read.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }

    private static AgentctlConfig With(AgentctlConfig config, string key, string text)
    {
        // An empty text was the way to clear a key before `config unset` existed, and still means none.
        var value = text.Length == 0 ? null : text;
        return key switch
        {
            "adapter" => config with { Adapter = value },
            "model" => config with { Model = value },
            "cwd" => config with { Cwd = value },
            "webhook_url" => config with { WebhookUrl = value },
            "webhook_secret" => config with { WebhookSecret = value },
            "openclaw_url" => config with { OpenClawUrl = value },
            "openclaw_token" => config with { OpenClawToken = value },
            "worktree_setup" => config with { WorktreeSetup = value },
            "on_create" => config with { OnCreate = value },
            "on_complete" => config with { OnComplete = value },
            _ => config,
        };
    }

    private static bool TrySeconds(ref Utf8JsonReader reader, out TimeSpan seconds)
    {
        seconds = default;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var number) || number is not (> 0 and < 3600))
        {
            return false;
        }

        seconds = TimeSpan.FromSeconds(number);
        return true;
    }

    private static bool TrySecondsByAdapter(ref Utf8JsonReader reader, out IReadOnlyDictionary<string, TimeSpan> byAdapter)
    {
        var read = new Dictionary<string, TimeSpan>();
        byAdapter = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var adapter = reader.GetString()!;
            reader.Read();
            if (!TrySeconds(ref reader, out var seconds))
            {
                return false;
            }

            read[adapter] = seconds;
        }

        return true;
    }

    private static int LineAt(ReadOnlySpan<byte> json, int index) => json[..index].Count((byte)'\n') + 1;

    private static int FirstInvalidByte(ReadOnlySpan<byte> json)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(json[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
