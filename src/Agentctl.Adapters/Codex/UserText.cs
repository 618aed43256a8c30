using System.Text.Json;

namespace Agentctl.Adapters.Codex;

/// <summary>Tells what a human said from what Codex put into the conversation under the same role.</summary>
internal static class UserText
{
    /// <summary>How the texts begin that Codex adds as "user"; cores before content_item_kinds are told by this only.</summary>
    private static readonly string[] Added =
    [
        "<environment_context", "<user_instructions", "# AGENTS.md instructions", "<turn_aborted", "<permissions instructions",
        "<skills_instructions", "<skill>", "<user_shell_command", "<subagent_notification", "<collaboration_mode",
    ];

    /// <summary>What the human said in this record, or null.</summary>
    public static string? Of(RecordKind kind, JsonElement payload) => kind switch
    {
        // {"type":"user_message","message":"SLEEP 8",…}
        RecordKind.UserMessage => NotEmpty(payload.Text("message")),
        // {"type":"item_completed","item":{"type":"UserMessage","content":[{"type":"text","text":"SLEEP 8",…}]},…}
        RecordKind.ItemCompleted when payload.Member("item") is { } item && item.Text("type") == "UserMessage" => NotEmpty(Joined(item)),
        RecordKind.ResponseItem when payload.Text("type") == "message" && payload.Text("role") == "user" && IsHuman(payload) => NotEmpty(Joined(payload)),
        _ => null,
    };

    /// <summary>The text parts of a message's content.</summary>
    public static string Joined(JsonElement message) => string.Join("\n", message.Items("content").Select(part => part.Text("text")).OfType<string>());

    // "internal_chat_message_metadata_passthrough":{"content_item_kinds":["user.text"],…}; what Codex adds has kinds like
    // "environments.environment_context" and "generic.turn_aborted".
    private static bool IsHuman(JsonElement message)
    {
        var kinds = message.Member("internal_chat_message_metadata_passthrough")?.Items("content_item_kinds").ToList() ?? [];
        if (kinds.Count > 0)
        {
            return kinds.Any(kind => kind.ValueKind == JsonValueKind.String && kind.GetString()!.StartsWith("user.", StringComparison.Ordinal));
        }

        var text = Joined(message).AsSpan().TrimStart();
        foreach (var start in Added)
        {
            if (text.StartsWith(start, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
