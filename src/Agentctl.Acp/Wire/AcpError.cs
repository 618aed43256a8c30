using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>The error of a JSON-RPC answer.</summary>
/// <param name="Code">One of the constants here, or any other 32-bit number.</param>
/// <param name="Message">For people.</param>
/// <param name="Data">Anything.</param>
public sealed record AcpError(int Code, string Message, JsonElement? Data = null) : IAcpMessage<AcpError>
{
    /// <summary>The line was no JSON.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON was no JSON-RPC message.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>Nobody here knows that method.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>A parameter is missing or wrong.</summary>
    public const int InvalidParams = -32602;

    /// <summary>Anything else.</summary>
    public const int InternalError = -32603;

    /// <summary>Cancelled by <c>$/cancel_request</c>, or because the connection ends.</summary>
    public const int Cancelled = -32800;

    /// <summary>Authenticate, then ask again.</summary>
    public const int AuthenticationRequired = -32000;

    /// <summary>No such session, or no such file.</summary>
    public const int NotFound = -32002;

    /// <summary>Old agents say so for "not found".</summary>
    public const int LegacyNotFound = -32001;

    /// <summary>The other side is gone; never on the wire.</summary>
    public const int Disconnected = int.MinValue;

    /// <summary>The session or the method is not there: what a fallback from resume to load to new goes by.</summary>
    public bool IsNotThere => Code is MethodNotFound or NotFound or LegacyNotFound or InvalidParams || Message.Contains("not found", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public static AcpError Read(JsonElement json)
    {
        var fields = new Fields(json, "error");
        return new AcpError((int)Math.Clamp(fields.Number("code"), int.MinValue + 1L, int.MaxValue), fields.Text("message"), fields.Raw("data"));
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("code", Code);
        json.WriteString("message", Message);
        json.Optional("data", Data);
        json.WriteEndObject();
    }
}

/// <summary>The other side answered with an error.</summary>
/// <param name="error">Which.</param>
public sealed class AcpErrorException(AcpError error) : Exception($"{error.Message} ({error.Code})")
{
    /// <summary>What it answered.</summary>
    public AcpError Error { get; } = error;
}
