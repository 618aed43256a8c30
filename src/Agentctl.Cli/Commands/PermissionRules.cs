using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>The rules of <c>--policy</c>. What cannot be understood is refused: a rule that is dropped in silence is a permission.</summary>
internal static class PermissionRules
{
    private const int LongestFileBytes = 1 << 20;

    private const string Keys = "autoApprove, autoDeny, escalate, defaultAction, askSeconds";

    /// <summary>Reads rules.</summary>
    /// <param name="text">A JSON object, or the path of a file that holds one.</param>
    /// <exception cref="UsageException">They are not rules; the message names the key.</exception>
    public static AcpPolicyOrder Parse(string text)
    {
        using var json = ParseObject(text);
        try
        {
            return OrderOf(json.RootElement);
        }
        catch (InvalidOperationException)
        {
            throw Wrong("it contains text that is not valid Unicode.");
        }
    }

    private static AcpPolicyOrder OrderOf(JsonElement rules)
    {
        var order = new AcpPolicyOrder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules.EnumerateObject())
        {
            var key = rule.Name == "default" ? "defaultAction" : rule.Name;
            if (!seen.Add(key))
            {
                throw Wrong($"\"{key}\" is given twice.");
            }

            order = key switch
            {
                "autoApprove" => order with { AutoApprove = Tools(rule) },
                "autoDeny" => order with { AutoDeny = Tools(rule) },
                "escalate" => order with { Escalate = Tools(rule) },
                "defaultAction" => order with { Default = Action(rule) },
                "askSeconds" => order with { AskSeconds = Seconds(rule) },
                _ => throw Wrong($"\"{key}\" is unknown. Known keys: {Keys}."),
            };
        }

        return order;
    }

    private static JsonDocument ParseObject(string text)
    {
        var isInline = text.AsSpan().TrimStart() is ['{' or '[' or '"', ..];
        try
        {
            var json = JsonDocument.Parse(isInline ? text : Read(text));
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                return json;
            }

            json.Dispose();
            throw Wrong("the rules must be a JSON object.");
        }
        catch (JsonException wrong)
        {
            throw Wrong($"{(isInline ? "the text" : text)} is not valid JSON (line {wrong.LineNumber + 1}, column {wrong.BytePositionInLine + 1}).");
        }
    }

    private static string Read(string path)
    {
        if (path.Trim().Length == 0)
        {
            throw Wrong("the value is empty. Give a JSON object, or the path of a file that holds one.");
        }

        return InputFile.Read(path, LongestFileBytes, CancellationToken.None) switch
        {
            InputText.Content(var text) => text,
            InputText.Missing => throw Wrong($"there is no file {path}."),
            InputText.TooLarge large => throw Wrong($"{path} {large.Reason}."),
            InputText.Unusable(var reason) => throw Wrong($"{path} {reason}."),
            _ => throw new InvalidOperationException("an unknown kind of input"),
        };
    }

    private static List<string> Tools(JsonProperty rule) =>
        rule.Value.ValueKind == JsonValueKind.Array && rule.Value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length > 0)
            ? [.. rule.Value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw Wrong($"\"{rule.Name}\" must be a list of tool kinds or names, such as [\"execute\"].");

    private static string Action(JsonProperty rule) =>
        rule.Value.ValueKind == JsonValueKind.String && rule.Value.GetString() is var action && action is "approve" or "deny" or "escalate"
            ? action!
            : throw Wrong($"\"{rule.Name}\" must be \"approve\", \"deny\" or \"escalate\".");

    private static double Seconds(JsonProperty rule) =>
        rule.Value.ValueKind == JsonValueKind.Number && rule.Value.TryGetDouble(out var seconds) && TimeLimit.Wrong(rule.Name, seconds) is null
            ? seconds
            : throw Wrong($"\"{rule.Name}\" must be a number of seconds {TimeLimit.Range}, and more than 0.");

    private static UsageException Wrong(string what) => new($"Invalid --policy: {what}");
}
