using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Json.Schema;

namespace Agentctl.Acp.Tests;

/// <summary>The protocol's own JSON Schema, from the package that its authors publish; it is not copied here.</summary>
internal static class OfficialSchema
{
    private static readonly string Path_ = Requirement.File(
        Path.Combine(Repository.Cache, "acp-schema", "node_modules", "@agentclientprotocol", "sdk", "schema", "v1", "schema.json"), "the protocol's schema (npm package @agentclientprotocol/sdk)");

    public static readonly JsonObject Root = JsonNode.Parse(File.ReadAllText(Path_))!.AsObject();

    private static readonly Dictionary<string, JsonSchema> Read = [];
    private static readonly Lock Gate = new();

    public static JsonObject Definition(string name) => Root["$defs"]![name]!.AsObject();

    /// <summary>What is wrong with a value of that definition; null = it is valid.</summary>
    public static string? WrongWith(string definition, JsonElement json)
    {
        lock (Gate)
        {
            if (!Read.TryGetValue(definition, out var schema))
            {
                var whole = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["$ref"] = $"#/$defs/{definition}", ["$defs"] = Root["$defs"]!.DeepClone() };
                Read[definition] = schema = JsonSchema.FromText(whole.ToJsonString());
            }

            var result = schema.Evaluate(json, new EvaluationOptions { OutputFormat = OutputFormat.List });
            return result.IsValid ? null : string.Join("; ", (result.Details ?? []).Where(static detail => detail.Errors is not null).SelectMany(static detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")));
        }
    }
}
