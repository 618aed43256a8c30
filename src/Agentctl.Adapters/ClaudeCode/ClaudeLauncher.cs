using System.Text;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// How Claude Code is run: headless, the session's id chosen beforehand, the prompt on its standard input (docs/launch.md).
/// Tried with 2.1.329.
/// </summary>
internal static class ClaudeLauncher
{
    private const string ApiKeyVariable = "AGENTCTL_CLAUDE_USE_API_KEY";

    /// <summary>Withheld, so that a subscription pays and not an API account, unless <see cref="ApiKeyVariable"/> is 1 (as the Node tool did).</summary>
    private static readonly string[] ApiKeyVariables = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"];

    /// <summary>As <c>claude --help</c> lists them, most careful first.</summary>
    public static readonly IReadOnlyList<string> Modes = ["plan", "default", "dontAsk", "auto", "acceptEdits", "bypassPermissions"];

    public static PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (environment.FindProgram("claude") is not { } program)
        {
            return NotInstalled;
        }

        if (wish.PermissionMode is { } mode && !Modes.Contains(mode))
        {
            return new PlanOutcome.Refused($"Claude Code has no permission mode '{mode}'; it has {string.Join(", ", Modes)}.", IsUsage: true);
        }

        var id = wish.Resumes ?? Guid.NewGuid().ToString();
        List<string> arguments = ["-p", wish.Resumes is null ? "--session-id" : "--resume", id, "--output-format", "stream-json", "--verbose"];
        if (wish.KeepOpen)
        {
            arguments.AddRange(["--input-format", "stream-json"]);
        }

        if (wish.Model is { } model)
        {
            arguments.AddRange(["--model", model]);
        }

        if (wish.Thinking is { } effort)
        {
            arguments.AddRange(["--effort", effort]);
        }

        if (wish.PermissionMode is { } wanted)
        {
            arguments.AddRange(["--permission-mode", wanted]);
        }

        arguments.AddRange(wish.AgentArguments);
        return new PlanOutcome.Planned(new LaunchPlan
        {
            Program = program,
            Arguments = arguments,
            Stdin = wish.KeepOpen ? StdinMode.Open : StdinMode.Text,
            StdinText = wish.KeepOpen ? Frame(wish.Prompt) : wish.Prompt,
            SessionId = id,
            TellsSessionId = true,
            WithheldVariables = environment[ApiKeyVariable] == "1" ? [] : ApiKeyVariables,
            PermissionMode = wish.PermissionMode ?? "default",
            Model = wish.Model,
        });
    }

    public static PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("claude") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["--resume", sessionId], SessionId = sessionId, PermissionMode = "default" })
        : NotInstalled;

    // {"type":"system","subtype":"init","cwd":"/home/dev/proj","session_id":"2d90595b-…","tools":[…],…}
    public static string? SessionIdIn(ReadOnlySpan<byte> line) =>
        ForeignJson.TopText(line, "type"u8) == "system" ? ForeignJson.TopText(line, "session_id"u8) : null;

    // {"is_error":false,…,"permission_denials":[{"tool_name":"Bash",…}],…,"type":"result",…}: its keys stand in no fixed order.
    public static string? ReasonIn(ReadOnlySpan<byte> line)
    {
        if (ForeignJson.TopText(line, "type"u8) != "result")
        {
            return null;
        }

        var reader = ForeignJson.Reader(line);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("permission_denials"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType != JsonTokenType.EndArray
                        ? Reasons.PermissionDenied
                        : null;
                }
            }
        }
        catch (JsonException)
        {
            // A torn line tells nothing.
        }

        return null;
    }

    /// <summary>One user message of the stream-json input, a line.</summary>
    public static string Frame(string message) => Line(json =>
    {
        json.WriteString("type"u8, "user"u8);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "user"u8);
        json.WriteString("content"u8, message);
        json.WriteEndObject();
    });

    /// <summary>A control request of the stream-json input: interrupts the turn, the session stays.</summary>
    public static string InterruptFrame() => Line(static json =>
    {
        json.WriteString("type"u8, "control_request"u8);
        json.WriteString("request_id"u8, Guid.NewGuid().ToString());
        json.WriteStartObject("request"u8);
        json.WriteString("subtype"u8, "interrupt"u8);
        json.WriteEndObject();
    });

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "claude was not found on PATH. Install Claude Code (npm install -g @anthropic-ai/claude-code), or start agentctl where it is on PATH.", IsUsage: false);
}
