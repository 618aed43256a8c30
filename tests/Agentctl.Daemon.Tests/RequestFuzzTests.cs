using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

/// <summary>
/// Every key of every body that the OpenAPI document knows, with every kind of nonsense: the answer comes, names the field, and is never
/// a defect of the daemon.
/// </summary>
public sealed class RequestFuzzTests
{
    /// <summary>JSON that no key of ours takes, or that some take; the text is sent as it is.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "42", "-1", "1.5", "1e308", "-1e308", "1e400", "9223372036854775808", "18446744073709551616", "0",
        "\"\"", "\"x\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00x\"", "\"..\"", "\"/\"", "\"../../x\"",
        "{}", "[]", "[null]", "[\"\"]", "[\"\\u0000\"]", "[\"\\ud800\"]", "[1]", "[[]]", "{\"a\":null}", "{\"a\":1}", "{\"\\ud800\":\"x\"}", "{\"a\":\"\\ud800\"}", "{\"\":\"x\"}", "{\"a\\u0000\":\"x\"}",
    ];

    private static readonly string[] WholeBodies =
    [
        "", " ", "null", "true", "42", "\"x\"", "[]", "[null]", "{", "{}", "{}{}", "{\"a\":1", "nonsense", "\ufeff{}", "{\"\\ud800\":1}", $"{new string('[', 100)}{new string(']', 100)}",
        string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100),
    ];

    [Fact]
    public async Task Every_body_gets_an_answer_that_names_what_is_wrong()
    {
        await using var daemon = await RealSessions.Start();
        using var openApi = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "docs/specs/openapi.json")));
        var schemas = openApi.RootElement.GetProperty("components").GetProperty("schemas");
        var (sent, wrong) = (0, new List<string>());
        foreach (var (path, schema) in Posts(openApi.RootElement))
        {
            foreach (var (field, value, isWrong) in Bodies(schemas.GetProperty(schema), schemas))
            {
                sent++;
                var (status, detail, violation) = await Post(daemon.Http, path, Encoding.UTF8.GetBytes(value));
                if (violation is not null)
                {
                    wrong.Add($"{path} {Short(value)}: {violation}");
                }
                else if (isWrong && (status != HttpStatusCode.BadRequest || !detail.Contains(field, StringComparison.Ordinal)))
                {
                    wrong.Add($"{path} {Short(value)}: {(int)status} does not name '{field}': {detail}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {sent}:\n{string.Join('\n', wrong.Take(60))}");
        Assert.True(sent > 2500, $"only {sent} bodies");
    }

    [Fact]
    public async Task Body_that_is_no_utf8_names_the_field()
    {
        await using var daemon = await RealSessions.Start();

        var (status, detail, _) = await Post(daemon.Http, "/v1/locks", [.. "{\"directory\":\""u8, 0xE9, 0x80, .. "\"}"u8]);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("'directory' is not valid Unicode text", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/locks?directory=%00a", "directory")]
    [InlineData("/v1/locks?directory=", "directory")]
    [InlineData("/v1/locks", "directory")]
    [InlineData("/v1/locks?directory=a&directory=b", "directory")]
    [InlineData("/v1/locks?direktory=a", "direktory")]
    public async Task Query_that_makes_no_sense_names_the_parameter(string target, string named)
    {
        await using var daemon = await RealSessions.Start();

        using var response = await daemon.Http.DeleteAsync(target);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(named, await Detail(response), StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, string Schema)> Posts(JsonElement openApi)
    {
        foreach (var path in openApi.GetProperty("paths").EnumerateObject())
        {
            if (path.Value.TryGetProperty("post", out var post) && post.TryGetProperty("requestBody", out var body))
            {
                var reference = body.GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()!;
                yield return (path.Name.Replace("{reference}", "nobody", StringComparison.Ordinal), reference.Split('/')[^1]);
            }
        }
    }

    /// <summary>Bodies, each with the field that is wrong; those whose kind of value the schema allows need only be answered.</summary>
    private static IEnumerable<(string Field, string Body, bool IsWrong)> Bodies(JsonElement schema, JsonElement schemas)
    {
        foreach (var whole in WholeBodies)
        {
            yield return ("", whole, false);
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(static name => name.GetString()!).ToList() : [];
        var whole2 = required.ToDictionary(static name => name, name => Plausible(name, Resolved(schema.GetProperty("properties").GetProperty(name), schemas)));
        foreach (var name in required)
        {
            yield return (name, Json(whole2.Where(pair => pair.Key != name)), true);
        }

        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var kind = Resolved(property.Value, schemas);
            foreach (var value in Values)
            {
                var body = Json(whole2.Where(pair => pair.Key != property.Name).Append(new(property.Name, value)));
                yield return (property.Name, body, !(value == "null" && MayBeNull(property.Value)) && IsWrong(kind, value, required.Contains(property.Name)));
            }

            if (kind.TryGetProperty("properties", out var inner))
            {
                foreach (var member in inner.EnumerateObject())
                {
                    foreach (var value in Values)
                    {
                        var body = Json(whole2.Where(pair => pair.Key != property.Name).Append(new(property.Name, $"{{\"{member.Name}\":{value}}}")));
                        yield return (member.Name, body, !(value == "null" && MayBeNull(member.Value)) && IsWrong(Resolved(member.Value, schemas), value, isRequired: false));
                    }
                }
            }
        }
    }

    private static string Json(IEnumerable<KeyValuePair<string, string>> members) => $"{{{string.Join(',', members.Select(static pair => $"\"{pair.Key}\":{pair.Value}"))}}}";

    private static string Plausible(string name, JsonElement schema) =>
        name == "action" ? "\"cancel\"" : Allows(schema, "array") ? "[\"nobody\"]" : Allows(schema, "boolean") ? "true" : "\"nobody\"";

    /// <summary>The value's kind is not one that the schema allows, or its text is no text.</summary>
    private static bool IsWrong(JsonElement schema, string value, bool isRequired)
    {
        if (!schema.TryGetProperty("type", out _))
        {
            // Any JSON: only what is no Unicode is wrong.
            return schema.EnumerateObject().Any() ? false : value.Contains("\\ud800", StringComparison.Ordinal) || value.Contains("\\udc00", StringComparison.Ordinal);
        }

        if (value.Contains("\\ud", StringComparison.Ordinal))
        {
            return true;
        }

        return value[0] switch
        {
            'n' => isRequired || !Allows(schema, "null"),
            't' => !Allows(schema, "boolean"),
            '"' => !Allows(schema, "string") || Allows(schema, "integer"),
            '{' => !Allows(schema, "object"),
            '[' => !Allows(schema, "array"),
            _ => !(Allows(schema, "number") || Allows(schema, "integer")) || (schema.TryGetProperty("maximum", out var most) && !(double.Parse(value) >= 0 && double.Parse(value) <= most.GetDouble())),
        };
    }

    private static bool Allows(JsonElement schema, string type) => schema.TryGetProperty("type", out var types)
        && (types.ValueKind == JsonValueKind.String ? types.GetString() == type : types.EnumerateArray().Any(one => one.GetString() == type));

    private static bool MayBeNull(JsonElement schema) =>
        schema.TryGetProperty("oneOf", out var choices) && choices.EnumerateArray().Any(static choice => Allows(choice, "null"));

    private static JsonElement Resolved(JsonElement schema, JsonElement schemas)
    {
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            schema = choices.EnumerateArray().First(static choice => choice.TryGetProperty("$ref", out _));
        }

        return schema.TryGetProperty("$ref", out var reference) ? schemas.GetProperty(reference.GetString()!.Split('/')[^1]) : schema;
    }

    private static string Short(string body) => body.Length > 160 ? body[..160] + "…" : body;

    private static async Task<(HttpStatusCode Status, string Detail, string? Violation)> Post(HttpClient http, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return await AnsweredRequest.Send(http, request);
    }

    private static async Task<string> Detail(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return JsonSerializer.Deserialize(text, ApiJson.Default.ProblemDocument)!.Detail;
    }
}
