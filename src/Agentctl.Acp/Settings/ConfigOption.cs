using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>One setting of a session, chosen from a list or switched on and off.</summary>
public sealed record ConfigOption : IAcpMessage<ConfigOption>
{
    /// <summary>What it is set by.</summary>
    public required string Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>For people.</summary>
    public string? Description { get; init; }

    /// <summary>A hint for display: <c>mode</c>, <c>model</c>, <c>model_config</c>, <c>thought_level</c>, or anything else.</summary>
    public string? Category { get; init; }

    /// <summary>What it may be, and what it is.</summary>
    public required ConfigValue Value { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static ConfigOption Read(JsonElement json)
    {
        var fields = new Fields(json, "configOption");
        return new ConfigOption
        {
            Id = fields.Text("id"),
            Name = fields.Text("name"),
            Description = fields.LenientText("description"),
            Category = fields.LenientText("category"),
            Value = fields.Text("type") switch
            {
                "select" => ConfigValue.Choice.Read(fields),
                "boolean" => new ConfigValue.Switch(fields.Flag("currentValue")),
                var other => new ConfigValue.Unknown(other, json.Clone()),
            },
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        if (Value is ConfigValue.Unknown unknown)
        {
            unknown.Raw.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.Optional("description", Description);
        json.Optional("category", Category);
        switch (Value)
        {
            case ConfigValue.Switch toggle:
                json.WriteString("type", "boolean");
                json.WriteBoolean("currentValue", toggle.IsOn);
                break;
            case ConfigValue.Choice choice:
                json.WriteString("type", "select");
                choice.Write(json);
                break;
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>The kinds of setting.</summary>
public abstract record ConfigValue
{
    private ConfigValue()
    {
    }

    /// <summary>On or off.</summary>
    /// <param name="IsOn">What it is.</param>
    public sealed record Switch(bool IsOn) : ConfigValue;

    /// <summary>A kind of setting that this version does not know.</summary>
    /// <param name="Type">What it calls itself.</param>
    /// <param name="Raw">The whole option.</param>
    public sealed record Unknown(string Type, JsonElement Raw) : ConfigValue;

    /// <summary>One of a list.</summary>
    /// <param name="Current">The value in force.</param>
    /// <param name="Groups">What may be chosen; one group without a name when they are not grouped.</param>
    public sealed record Choice(string Current, IReadOnlyList<ConfigGroup> Groups) : ConfigValue
    {
        /// <summary>Every value that may be chosen.</summary>
        public IEnumerable<ConfigChoice> All => Groups.SelectMany(static group => group.Options);

        internal static Choice Read(Fields fields)
        {
            var current = fields.Text("currentValue");
            if (fields.Raw("options") is not { ValueKind: JsonValueKind.Array } options)
            {
                throw new AcpFormatException("options", "must be a list");
            }

            // Either all are plain or all are groups; the first one tells.
            var grouped = options.GetArrayLength() > 0 && options[0].ValueKind == JsonValueKind.Object && options[0].TryGetProperty("group", out _);
            return new Choice(current, grouped
                ? fields.LenientList<ConfigGroup>("options") ?? []
                : [new ConfigGroup(null, null, fields.LenientList<ConfigChoice>("options") ?? [])]);
        }

        internal void Write(Utf8JsonWriter json)
        {
            json.WriteString("currentValue", Current);
            if (Groups is [{ Group: null } only])
            {
                json.List("options", only.Options);
            }
            else
            {
                json.List("options", Groups);
            }
        }
    }
}

/// <summary>Values that belong together.</summary>
/// <param name="Group">Its id; null for values that are not grouped.</param>
/// <param name="Name">For people.</param>
/// <param name="Options">The values.</param>
public sealed record ConfigGroup(string? Group, string? Name, IReadOnlyList<ConfigChoice> Options) : IAcpMessage<ConfigGroup>
{
    /// <inheritdoc/>
    public static ConfigGroup Read(JsonElement json)
    {
        var fields = new Fields(json, "configGroup");
        return new ConfigGroup(fields.Text("group"), fields.Text("name"), fields.RequiredLenientList<ConfigChoice>("options"));
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("group", Group);
        json.WriteString("name", Name);
        json.List("options", Options);
        json.WriteEndObject();
    }
}

/// <summary>One value.</summary>
/// <param name="Value">What is sent.</param>
/// <param name="Name">For people.</param>
/// <param name="Description">For people.</param>
public sealed record ConfigChoice(string Value, string Name, string? Description = null) : IAcpMessage<ConfigChoice>
{
    /// <inheritdoc/>
    public static ConfigChoice Read(JsonElement json)
    {
        var fields = new Fields(json, "configChoice");
        return new ConfigChoice(fields.Text("value"), fields.Text("name"), fields.LenientText("description"));
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("value", Value);
        json.WriteString("name", Name);
        json.Optional("description", Description);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>session/set_config_option</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="ConfigId">Which option.</param>
/// <param name="Choice">The value of one that is chosen from a list.</param>
/// <param name="IsOn">The value of one that is switched; then <paramref name="Choice"/> is null.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SetConfigOptionRequest(string SessionId, string ConfigId, string? Choice, bool? IsOn = null, JsonElement? Meta = null) : IAcpMessage<SetConfigOptionRequest>
{
    /// <inheritdoc/>
    public static SetConfigOptionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "setConfigOptionRequest");
        return fields.LenientText("type") == "boolean"
            ? new SetConfigOptionRequest(fields.Text("sessionId"), fields.Text("configId"), null, fields.Flag("value"), fields.Meta)
            : new SetConfigOptionRequest(fields.Text("sessionId"), fields.Text("configId"), fields.Text("value"), null, fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("configId", ConfigId);
        if (IsOn is { } on)
        {
            json.WriteString("type", "boolean");
            json.WriteBoolean("value", on);
        }
        else
        {
            json.WriteString("value", Choice);
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>session/set_config_option</c>, and <c>config_option_update</c>: all options as they are then.</summary>
/// <param name="All">The complete list: one change may change others.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ConfigOptions(IReadOnlyList<ConfigOption> All, JsonElement? Meta = null) : IAcpMessage<ConfigOptions>
{
    /// <inheritdoc/>
    public static ConfigOptions Read(JsonElement json)
    {
        var fields = new Fields(json, "configOptions");
        return new ConfigOptions(fields.RequiredLenientList<ConfigOption>("configOptions"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.List("configOptions", All);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
