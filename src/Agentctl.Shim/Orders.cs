using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Shim;

/// <summary>
/// The part of <c>launch.json</c> (<see cref="LaunchRecord"/>) that a shim acts on, read by hand: the serializer would take a third of
/// a shim's memory.
/// </summary>
internal sealed record Orders
{
    public string Id { get; private set; } = "";
    public string Program { get; private set; } = "";
    public IReadOnlyList<string> Arguments { get; private set; } = [];
    public string Cwd { get; private set; } = "";
    public StdinMode Stdin { get; private set; }
    public PoliteSignal StopSignal { get; private set; }
    public bool KeepChildren { get; private set; }
    public double? TimeoutSeconds { get; private set; }
    public double OrphanAfterSeconds { get; private set; }
    public long OutputCapBytes { get; private set; }
    public long OutputLimitBytes { get; private set; }
    public double? QueueTimeoutSeconds { get; private set; }
    public string? OnCreate { get; private set; }
    public string? OnComplete { get; private set; }

    /// <summary>What hooks are told.</summary>
    public string Adapter { get; private set; } = "";
    public string? SessionId { get; private set; }
    public string? Branch { get; private set; }
    public string? Group { get; private set; }
    public string? Model { get; private set; }

    /// <summary>Null when it does not say what to run.</summary>
    /// <exception cref="JsonException">It is not whole.</exception>
    public static Orders? Parse(ReadOnlySpan<byte> json)
    {
        var orders = new Orders();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            orders.Take(name, ref reader);
        }

        return orders is { Id.Length: > 0, Program.Length: > 0, Cwd.Length: > 0 } ? orders : null;
    }

    private void Take(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "id": Id = reader.GetString() ?? ""; break;
            case "program": Program = reader.GetString() ?? ""; break;
            case "arguments": Arguments = Texts(ref reader); break;
            case "cwd": Cwd = reader.GetString() ?? ""; break;
            case "stdin": Stdin = reader.GetString() switch { "Text" => StdinMode.Text, "Open" => StdinMode.Open, _ => StdinMode.None }; break;
            case "stopSignal": StopSignal = reader.ValueTextEquals("Interrupt"u8) ? PoliteSignal.Interrupt : PoliteSignal.Terminate; break;
            case "keepChildren": KeepChildren = reader.GetBoolean(); break;
            case "timeoutSeconds": TimeoutSeconds = reader.GetDouble(); break;
            case "orphanAfterSeconds": OrphanAfterSeconds = reader.GetDouble(); break;
            case "outputCapBytes": OutputCapBytes = reader.GetInt64(); break;
            case "outputLimitBytes": OutputLimitBytes = reader.GetInt64(); break;
            case "queueTimeoutSeconds": QueueTimeoutSeconds = reader.GetDouble(); break;
            case "onCreate": OnCreate = reader.GetString(); break;
            case "onComplete": OnComplete = reader.GetString(); break;
            case "adapter": Adapter = reader.GetString() ?? ""; break;
            case "sessionId": SessionId = reader.GetString(); break;
            case "branch": Branch = reader.GetString(); break;
            case "group": Group = reader.GetString(); break;
            case "model": Model = reader.GetString(); break;
            default: reader.Skip(); break;
        }
    }

    private static List<string> Texts(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(reader.GetString() ?? "");
        }

        return texts;
    }
}
