using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary>The text of an OpenAI message: a string, or parts with texts.</summary>
internal static class Texts
{
    public static string Of(JsonNode? content) => content switch
    {
        JsonArray parts => string.Join('\n', parts.Select(p => p is JsonObject part ? (string?)part["text"] ?? "" : (string?)p ?? "")),
        null => "",
        _ => (string?)content ?? "",
    };
}
