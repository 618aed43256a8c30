using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>What a client offers. Everything is off by default.</summary>
public sealed record ClientCapabilities : IAcpMessage<ClientCapabilities>
{
    /// <summary>It answers <c>fs/read_text_file</c>.</summary>
    public bool ReadTextFile { get; init; }

    /// <summary>It answers <c>fs/write_text_file</c>.</summary>
    public bool WriteTextFile { get; init; }

    /// <summary>It answers <c>terminal/*</c>.</summary>
    public bool Terminal { get; init; }

    /// <summary>It takes options that are switched.</summary>
    public bool BooleanConfigOptions { get; init; }

    /// <summary>It takes <c>notice</c> updates.</summary>
    public bool Notices { get; init; }

    /// <summary>It takes <c>compaction_*</c> updates.</summary>
    public bool Compaction { get; init; }

    /// <summary>It can run a login in a terminal.</summary>
    public bool TerminalAuth { get; init; }

    /// <summary>It can show forms.</summary>
    public bool ElicitationForm { get; init; }

    /// <summary>It can open web addresses.</summary>
    public bool ElicitationUrl { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static ClientCapabilities Read(JsonElement json)
    {
        var fields = new Fields(json, "clientCapabilities");
        var fs = Inside(fields, "fs");
        var session = Inside(fields, "session");
        var elicitation = Inside(fields, "elicitation");
        return new ClientCapabilities
        {
            ReadTextFile = fs?.LenientFlag("readTextFile") ?? false,
            WriteTextFile = fs?.LenientFlag("writeTextFile") ?? false,
            Terminal = fields.LenientFlag("terminal"),
            BooleanConfigOptions = session is { } inside && Inside(inside, "configOptions") is { } options && options.Capability("boolean"),
            Notices = session?.Capability("notices") ?? false,
            Compaction = session?.Capability("compaction") ?? false,
            TerminalAuth = Inside(fields, "auth")?.LenientFlag("terminal") ?? false,
            ElicitationForm = elicitation?.Capability("form") ?? false,
            ElicitationUrl = elicitation?.Capability("url") ?? false,
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("fs");
        json.WriteBoolean("readTextFile", ReadTextFile);
        json.WriteBoolean("writeTextFile", WriteTextFile);
        json.WriteEndObject();
        json.WriteBoolean("terminal", Terminal);
        if (BooleanConfigOptions || Notices || Compaction)
        {
            json.WriteStartObject("session");
            if (BooleanConfigOptions)
            {
                json.WriteStartObject("configOptions");
                json.Capability("boolean", true);
                json.WriteEndObject();
            }

            json.Capability("notices", Notices);
            json.Capability("compaction", Compaction);
            json.WriteEndObject();
        }

        json.WriteStartObject("auth");
        json.WriteBoolean("terminal", TerminalAuth);
        json.WriteEndObject();
        if (ElicitationForm || ElicitationUrl)
        {
            json.WriteStartObject("elicitation");
            json.Capability("form", ElicitationForm);
            json.Capability("url", ElicitationUrl);
            json.WriteEndObject();
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }

    private static Fields? Inside(Fields fields, string name) => fields.Raw(name) is { ValueKind: JsonValueKind.Object } inside ? new Fields(inside, name) : null;
}
