using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Daemon.Tests;

/// <summary>
/// Sends a request and checks what holds for every answer: it comes in time, it is no defect, and a refusal is a problem whose type and
/// status are documented together.
/// </summary>
internal static partial class AnsweredRequest
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // | `/problems/no-lock`, `/problems/no-fuse` | 404 | … |
    private static readonly Lazy<HashSet<(string Type, int Status)>> Documented = new(static () =>
        [.. File.ReadLines(Path.Combine(Repository.Root, "docs/specs/api.md")).Select(static line => Row().Match(line)).Where(static row => row.Success)
            .SelectMany(static row => TypeName().Matches(row.Groups[1].Value).Select(type => (type.Groups[1].Value, int.Parse(row.Groups[2].Value))))]);

    /// <returns>The violation is null when the answer is as it must be.</returns>
    public static async Task<(HttpStatusCode Status, string Detail, string? Violation)> Send(HttpClient http, HttpRequestMessage request)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (response.IsSuccessStatusCode)
            {
                return (response.StatusCode, "", null);
            }

            var text = await response.Content.ReadAsStringAsync(deadline.Token);
            if (request.Method == HttpMethod.Head)
            {
                return (response.StatusCode, "", null);
            }

            if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            {
                return (response.StatusCode, text, $"{(int)response.StatusCode} without a problem: {response.Content.Headers.ContentType} {text}");
            }

            var problem = JsonSerializer.Deserialize(text, ApiJson.Default.ProblemDocument)!;
            return (response.StatusCode, problem.Detail,
                response.StatusCode == HttpStatusCode.InternalServerError ? $"a defect: {problem.Detail}"
                : problem.Status != (int)response.StatusCode || !Documented.Value.Contains((problem.Type, problem.Status)) ? $"{problem.Type} with {(int)response.StatusCode} is not documented: {problem.Detail}"
                : problem.Detail.Length == 0 ? $"{problem.Type} without a detail"
                : null);
        }
        catch (OperationCanceledException)
        {
            return (HttpStatusCode.RequestTimeout, "", $"no answer within {Deadline.TotalSeconds:0} s");
        }
    }

    [GeneratedRegex(@"^\| (`/problems/.*?) \| (\d{3}) \|")]
    private static partial Regex Row();

    [GeneratedRegex("`(/problems/[a-z-]+)`")]
    private static partial Regex TypeName();
}
