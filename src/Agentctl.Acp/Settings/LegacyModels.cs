using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Legacy: models beside modes, in no schema any more. A <see cref="ConfigOption"/> of category <c>model</c> has taken their place.</summary>
/// <param name="CurrentModelId">The model in force.</param>
/// <param name="AvailableModels">All it may use.</param>
/// <param name="Meta">Extension data.</param>
public sealed record LegacyModels(string CurrentModelId, IReadOnlyList<LegacyModel> AvailableModels, JsonElement? Meta = null) : IAcpMessage<LegacyModels>
{
    /// <inheritdoc/>
    public static LegacyModels Read(JsonElement json)
    {
        var fields = new Fields(json, "legacyModels");
        return new LegacyModels(fields.Text("currentModelId"), fields.RequiredLenientList<LegacyModel>("availableModels"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("currentModelId", CurrentModelId);
        json.List("availableModels", AvailableModels);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Legacy: one model.</summary>
/// <param name="ModelId">What it is set by.</param>
/// <param name="Name">For people.</param>
/// <param name="Description">For people.</param>
/// <param name="Meta">Extension data.</param>
public sealed record LegacyModel(string ModelId, string? Name = null, string? Description = null, JsonElement? Meta = null) : IAcpMessage<LegacyModel>
{
    /// <inheritdoc/>
    public static LegacyModel Read(JsonElement json)
    {
        var fields = new Fields(json, "legacyModel");
        return new LegacyModel(fields.Text("modelId"), fields.LenientText("name"), fields.LenientText("description"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("modelId", ModelId);
        json.Optional("name", Name);
        json.Optional("description", Description);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Legacy params of <c>session/set_model</c>. Answered with <see cref="Empty"/>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="ModelId">One of <see cref="LegacyModels.AvailableModels"/>.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SetModelRequest(string SessionId, string ModelId, JsonElement? Meta = null) : IAcpMessage<SetModelRequest>
{
    /// <inheritdoc/>
    public static SetModelRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "setModelRequest");
        return new SetModelRequest(fields.Text("sessionId"), fields.Text("modelId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("modelId", ModelId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
