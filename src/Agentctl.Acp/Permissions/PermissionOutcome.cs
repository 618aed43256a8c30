using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Kinds of <see cref="PermissionOption"/>.</summary>
public static class PermissionKinds
{
    /// <summary>This time.</summary>
    public const string AllowOnce = "allow_once";

    /// <summary>From now on.</summary>
    public const string AllowAlways = "allow_always";

    /// <summary>Not this time.</summary>
    public const string RejectOnce = "reject_once";

    /// <summary>Not from now on.</summary>
    public const string RejectAlways = "reject_always";
}

/// <summary>Result of <c>session/request_permission</c>.</summary>
/// <param name="OptionId">The option that was chosen; null when the turn was cancelled, or there is nothing to choose.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PermissionResponse(string? OptionId, JsonElement? Meta = null) : IAcpMessage<PermissionResponse>
{
    /// <summary>The answer to every request that is open when a turn is cancelled.</summary>
    public static readonly PermissionResponse Cancelled = new((string?)null);

    /// <inheritdoc/>
    public static PermissionResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "permissionResponse");
        var outcome = new Fields(fields.Raw("outcome") ?? default, "outcome");
        return outcome.Text("outcome") switch
        {
            "cancelled" => new PermissionResponse(null, fields.Meta),
            "selected" => new PermissionResponse(outcome.Text("optionId"), fields.Meta),
            _ => throw new AcpFormatException("outcome", "must be cancelled or selected"),
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("outcome");
        json.WriteString("outcome", OptionId is null ? "cancelled" : "selected");
        json.Optional("optionId", OptionId);
        json.WriteEndObject();
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
