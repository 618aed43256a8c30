using System.Text.Json;

namespace Agentctl.Adapters.OpenCode;

/// <summary>One part of a message.</summary>
/// <param name="Message">The message it belongs to.</param>
/// <param name="Problem">Why it or its message cannot be read; then it holds nothing.</param>
internal readonly record struct OpenCodePart(JsonElement Part, JsonElement Message, DateTimeOffset? At, long Cursor, string? Problem = null)
{
    public static OpenCodePart Unreadable(string problem, DateTimeOffset? at, long cursor) => new(default, default, at, cursor, problem);
}
