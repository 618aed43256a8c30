using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What an agent offers to be set.</summary>
internal sealed record AcpOffers(SessionModes? ModeList, IReadOnlyList<ConfigOption>? Options, LegacyModels? Legacy)
{
    public IReadOnlyList<string> Modes => [.. ModeList?.AvailableModes.Select(static mode => mode.Id) ?? []];

    /// <summary>An option of category <c>model</c> first, else the legacy list.</summary>
    public ConfigOption? ModelOption => Options?.FirstOrDefault(static option => option.Category == "model" && option.Value is ConfigValue.Choice);

    public IReadOnlyList<string> Models => ModelOption?.Value is ConfigValue.Choice choice ? [.. choice.All.Select(static one => one.Value)]
        : [.. Legacy?.AvailableModels.Select(static model => model.ModelId) ?? []];

    /// <summary>As a record keeps them.</summary>
    public static JsonElement Capabilities(AgentCapabilities capabilities)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            capabilities.Write(json);
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }
}

/// <summary>Settings of a session: mode, model, options.</summary>
internal static class AcpSettings
{
    /// <summary>What a record wants set.</summary>
    public static IEnumerable<AcpSetOrder> Of(AcpRecord record)
    {
        if (record.Model is { } model)
        {
            yield return new AcpSetOrder(Model: model);
        }

        if (record.ModeId is { } mode)
        {
            yield return new AcpSetOrder(ModeId: mode);
        }

        foreach (var (option, value) in record.Options)
        {
            yield return new AcpSetOrder(Option: option, Value: value);
        }
    }

    /// <summary>The record that wants it from now on.</summary>
    public static AcpRecord With(AcpRecord record, AcpSetOrder order) => order switch
    {
        { ModeId: { } mode } => record with { ModeId = mode },
        { Model: { } model } => record with { Model = model },
        { Option: { } option, Value: { } value } => record with { Options = new Dictionary<string, string>(record.Options) { [option] = value } },
        _ => record,
    };

    /// <summary>Why nothing can be set with this order; null when something can.</summary>
    public static string? WhyIncomplete(AcpSetOrder order) => order switch
    {
        { ModeId: not null } or { Model: not null } or { Option: not null, Value: not null } => null,
        { Option: not null } => "'value' is missing: it is the new value of 'option'.",
        { Value: not null } => "'option' is missing: 'value' is its new value.",
        _ => "Nothing to set. Specify 'modeId', 'model', or 'option' and 'value'.",
    };

    /// <returns>What is wrong, or null.</returns>
    public static async Task<string?> Set(AgentRun run, string session, AcpSetOrder order, CancellationToken cancellationToken)
    {
        var offers = run.Offers;
        try
        {
            switch (order)
            {
                case { ModeId: { } mode }:
                    if (offers is { ModeList: not null } && !offers.Modes.Contains(mode))
                    {
                        return $"There is no mode {mode}; this session offers {string.Join(", ", offers.Modes)}.";
                    }

                    await run.Peer.SetMode(session, mode, cancellationToken).ConfigureAwait(false);
                    return null;
                case { Model: { } model }:
                    if (offers is { Models: { Count: > 0 } models } && !models.Contains(model))
                    {
                        return $"There is no model {model}; this session offers {string.Join(", ", models)}.";
                    }

                    var option = offers?.ModelOption?.Id ?? run.ModelOption ?? (offers is { Legacy: null } ? "model" : null);
                    await (option is not null
                        ? (Task)run.Peer.SetConfigOption(new SetConfigOptionRequest(session, option, model), cancellationToken)
                        : run.Peer.SetModel(session, model, cancellationToken)).ConfigureAwait(false);
                    return null;
                case { Option: { } id, Value: { } value }:
                    var isSwitch = offers?.Options?.FirstOrDefault(one => one.Id == id)?.Value is ConfigValue.Switch;
                    var isOn = isSwitch || (offers is null && value is "true" or "false");
                    await run.Peer.SetConfigOption(isOn ? new SetConfigOptionRequest(session, id, null, value == "true") : new SetConfigOptionRequest(session, id, value), cancellationToken).ConfigureAwait(false);
                    return null;
                default:
                    return WhyIncomplete(order);
            }
        }
        catch (AcpErrorException refused)
        {
            return $"The agent refused {(order.ModeId is { } mode ? $"the mode {mode}" : order.Model is { } model ? $"the model {model}" : $"the option {order.Option}={order.Value}")}: {refused.Error.Message}.";
        }
        catch (FormatException nonsense)
        {
            return $"The agent answered with something else: {nonsense.Message}.";
        }
    }
}
