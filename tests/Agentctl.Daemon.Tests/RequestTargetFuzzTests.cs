using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

/// <summary>Every path of the OpenAPI document with wrong methods, parameters, names and content types: the answer says what is wrong.</summary>
public sealed class RequestTargetFuzzTests
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "NONSENSE"];

    private static readonly string[] Names =
    [
        "nobody", "%ff", "%ed%a0%80", "%2e%2e", "..%2f..", "a%2Fb", "codex%2F", "%2F", "%20", "%0a", "*", "@", "@x", "-x", "--all", "%F0%9F%92%A9", "1", "~", "%25", "null", new('x', 5000),
    ];

    private static readonly string[] Values =
    [
        "", "%00", "%ff", "%ed%a0%80", "-1", "0", "1.5", "1e308", "99999999999999999999", "x", "true", "false", "null", "[]", "{}", "..%2f..", "%2F", "%20", "%0a", "9999-99-99T99:99:99Z", "0001-01-01T00:00:00+14:00", new('x', 5000),
    ];

    private static readonly string?[] ContentTypes = [null, "text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "application/json; charset=utf-16"];

    [Fact]
    public async Task Wrong_method_is_answered()
    {
        await using var daemon = await RealSessions.Start();
        var wrong = new List<string>();
        foreach (var (path, operations) in Paths())
        {
            foreach (var method in Methods.Where(method => !operations.ContainsKey(method)))
            {
                var (status, _, violation) = await Send(daemon.Http, method, path.Replace("{reference}", "nobody", StringComparison.Ordinal).Replace("{requestId}", "nobody", StringComparison.Ordinal));
                Note(wrong, $"{method} {path}", violation ?? (status == HttpStatusCode.MethodNotAllowed ? null : $"{(int)status} instead of 405"));
            }
        }

        AssertNone(wrong);
    }

    [Fact]
    public async Task Unknown_parameter_is_refused_and_named()
    {
        await using var daemon = await RealSessions.Start();
        var wrong = new List<string>();
        foreach (var (path, operations) in Paths())
        {
            foreach (var method in operations.Keys)
            {
                var (status, detail, violation) = await Send(daemon.Http, method, $"{Named(path, "nobody")}?nonsense=1");
                Note(wrong, $"{method} {path}", violation ?? (status == HttpStatusCode.BadRequest && detail.Contains("'nonsense'", StringComparison.Ordinal) ? null : $"{(int)status} does not name the parameter: {detail}"));
            }
        }

        AssertNone(wrong);
    }

    [Fact]
    public async Task Absurd_parameter_is_answered()
    {
        await using var daemon = await RealSessions.Start();
        var (wrong, sent) = (new List<string>(), 0);
        foreach (var (path, operations) in Paths())
        {
            foreach (var (method, parameters) in operations)
            {
                foreach (var target in parameters.SelectMany(name => Values.Select(value => $"{Named(path, "nobody")}?{name}={value}").Append($"{Named(path, "nobody")}?{name}=1&{name}=2")))
                {
                    sent++;
                    Note(wrong, $"{method} {Short(target)}", (await Send(daemon.Http, method, target)).Violation);
                }
            }
        }

        AssertNone(wrong);
        Assert.True(sent > 300, $"only {sent} requests");
    }

    [Fact]
    public async Task Absurd_name_is_not_found()
    {
        await using var daemon = await RealSessions.Start();
        var (wrong, sent) = (new List<string>(), 0);
        foreach (var (path, operations) in Paths().Where(static one => one.Path.Contains('{', StringComparison.Ordinal)))
        {
            foreach (var method in operations.Keys)
            {
                foreach (var name in Names)
                {
                    sent++;
                    var (status, detail, violation) = await Send(daemon.Http, method, Named(path, name), "{\"text\":\"x\",\"modeId\":\"x\"}");
                    Note(wrong, $"{method} {Short(Named(path, name))}", violation ?? ((int)status is 400 or 404 or 409 ? null : $"{(int)status}: {detail}"));
                }
            }
        }

        AssertNone(wrong);
        Assert.True(sent > 200, $"only {sent} requests");
    }

    [Fact]
    public async Task Wrong_content_type_is_answered()
    {
        await using var daemon = await RealSessions.Start();
        var wrong = new List<string>();
        foreach (var (path, operations) in Paths().Where(static one => one.Operations.ContainsKey("POST")))
        {
            foreach (var type in ContentTypes)
            {
                Note(wrong, $"{path} as {type}", (await Send(daemon.Http, "POST", Named(path, "nobody"), "{\"a\":", type)).Violation);
            }
        }

        AssertNone(wrong);
    }

    /// <summary>Every path but the one that ends the daemon, with its methods and the parameters of each.</summary>
    private static List<(string Path, Dictionary<string, List<string>> Operations)> Paths()
    {
        using var openApi = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "docs/specs/openapi.json")));
        return [.. openApi.RootElement.GetProperty("paths").EnumerateObject().Where(static path => path.Name != "/v1/daemon/stop").Select(static path => (path.Name,
            path.Value.EnumerateObject().ToDictionary(static operation => operation.Name.ToUpperInvariant(), static operation => operation.Value.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(static one => one.GetProperty("in").GetString() == "query").Select(static one => one.GetProperty("name").GetString()!).ToList()
                : [])))];
    }

    private static string Named(string path, string name) =>
        path.Replace("{reference}", name, StringComparison.Ordinal).Replace("{requestId}", name, StringComparison.Ordinal);

    private static async Task<(HttpStatusCode Status, string Detail, string? Violation)> Send(HttpClient http, string method, string target, string? body = null, string? contentType = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        if (method == "POST")
        {
            request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body ?? "{}"));
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        return await AnsweredRequest.Send(http, request);
    }

    private static void Note(List<string> wrong, string request, string? violation)
    {
        if (violation is not null)
        {
            wrong.Add($"{request}: {violation}");
        }
    }

    private static void AssertNone(List<string> wrong) => Assert.True(wrong.Count == 0, $"{wrong.Count}:\n{string.Join('\n', wrong.Take(60))}");

    private static string Short(string target) => target.Length > 160 ? target[..160] + "…" : target;
}
