using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>terminal/create</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Command">The program, or with no arguments a whole command line.</param>
/// <param name="Args">Its arguments.</param>
/// <param name="Env">Variables added to the environment.</param>
/// <param name="Cwd">Absolute.</param>
/// <param name="OutputByteLimit">Output beyond it is cut from the start, on a character's border.</param>
/// <param name="Meta">Extension data.</param>
public sealed record CreateTerminalRequest(
    string SessionId,
    string Command,
    IReadOnlyList<string>? Args = null,
    IReadOnlyList<EnvVariable>? Env = null,
    string? Cwd = null,
    ulong? OutputByteLimit = null,
    JsonElement? Meta = null) : IAcpMessage<CreateTerminalRequest>
{
    /// <inheritdoc/>
    public static CreateTerminalRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "createTerminalRequest");
        return new CreateTerminalRequest(
            fields.Text("sessionId"),
            fields.Text("command"),
            fields.OptionalTexts("args"),
            fields.OptionalList<EnvVariable>("env"),
            fields.OptionalText("cwd"),
            fields.OptionalSize("outputByteLimit"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("command", Command);
        json.Texts("args", Args);
        json.List("env", Env);
        json.Optional("cwd", Cwd);
        json.Optional("outputByteLimit", OutputByteLimit);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>A variable of an environment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Meta">Extension data.</param>
public sealed record EnvVariable(string Name, string Value, JsonElement? Meta = null) : IAcpMessage<EnvVariable>
{
    /// <inheritdoc/>
    public static EnvVariable Read(JsonElement json)
    {
        var fields = new Fields(json, "envVariable");
        return new EnvVariable(fields.Text("name"), fields.Text("value"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("value", Value);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>terminal/create</c>, at once.</summary>
/// <param name="TerminalId">What it is called.</param>
/// <param name="Meta">Extension data.</param>
public sealed record CreateTerminalResponse(string TerminalId, JsonElement? Meta = null) : IAcpMessage<CreateTerminalResponse>
{
    /// <inheritdoc/>
    public static CreateTerminalResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "createTerminalResponse");
        return new CreateTerminalResponse(fields.Text("terminalId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("terminalId", TerminalId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>terminal/output</c>, <c>wait_for_exit</c>, <c>kill</c> and <c>release</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="TerminalId">Which terminal.</param>
/// <param name="Meta">Extension data.</param>
public sealed record TerminalReference(string SessionId, string TerminalId, JsonElement? Meta = null) : IAcpMessage<TerminalReference>
{
    /// <inheritdoc/>
    public static TerminalReference Read(JsonElement json)
    {
        var fields = new Fields(json, "terminalReference");
        return new TerminalReference(fields.Text("sessionId"), fields.Text("terminalId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("terminalId", TerminalId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>How a command ended: result of <c>terminal/wait_for_exit</c>, and inside <see cref="TerminalOutputResponse"/>.</summary>
/// <param name="ExitCode">Null after a signal.</param>
/// <param name="Signal">Its name.</param>
/// <param name="Meta">Extension data.</param>
public sealed record TerminalExit(ulong? ExitCode = null, string? Signal = null, JsonElement? Meta = null) : IAcpMessage<TerminalExit>
{
    /// <inheritdoc/>
    public static TerminalExit Read(JsonElement json)
    {
        var fields = new Fields(json, "terminalExit");
        return new TerminalExit(fields.LenientSize("exitCode"), fields.LenientText("signal"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Optional("exitCode", ExitCode);
        json.Optional("signal", Signal);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>terminal/output</c>.</summary>
/// <param name="Output">What was printed, perhaps cut from the start.</param>
/// <param name="Truncated">It was cut.</param>
/// <param name="ExitStatus">There when the command has ended.</param>
/// <param name="Meta">Extension data.</param>
public sealed record TerminalOutputResponse(string Output, bool Truncated, TerminalExit? ExitStatus = null, JsonElement? Meta = null) : IAcpMessage<TerminalOutputResponse>
{
    /// <inheritdoc/>
    public static TerminalOutputResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "terminalOutputResponse");
        return new TerminalOutputResponse(fields.Text("output"), fields.Flag("truncated"), fields.LenientObject<TerminalExit>("exitStatus"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("output", Output);
        json.WriteBoolean("truncated", Truncated);
        json.Object("exitStatus", ExitStatus);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
