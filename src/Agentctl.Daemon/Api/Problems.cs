using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>The problems the daemon itself finds (docs/specs/api.md); those about sessions come from the sessions' side.</summary>
internal static class Problems
{
    public static ProblemDocument BadRequest(string detail) => new("/problems/bad-request", "Bad request", 400, detail);

    public static ProblemDocument Browser(string detail) => new("/problems/browser", "Not for browsers", 403, detail);

    public static ProblemDocument NoSession(string reference) =>
        new("/problems/not-found", "No such session", 404, $"no session is named '{reference}'");

    public static readonly ProblemDocument NoSuchPath =
        new("/problems/no-such-path", "No such path", 404, "this daemon has no such path; GET /v1/openapi.json lists what it has");

    public static readonly ProblemDocument Method = new("/problems/method", "Wrong method", 405, "this path does not take that method");

    public static readonly ProblemDocument MediaType =
        new("/problems/media-type", "Unsupported media type", 415, "the body must be JSON: set the header Content-Type to application/json");

    public static readonly ProblemDocument OtherEnvironment = new(
        "/problems/other-environment",
        "Another environment",
        421,
        $"this daemon was started with other directory variables ({string.Join(", ", AgentEnvironment.PlaceVariables)}) than yours, so it looks at other places");

    public static readonly ProblemDocument Internal =
        new("/problems/internal", "The daemon failed", 500, "the daemon failed at this request; its log says how");

    public static Task Write(HttpContext http, ProblemDocument problem) =>
        Write(http, problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Readable.ProblemDocument));

    public static Task Write(HttpContext http, int status, ReadOnlyMemory<byte> problem) => Replies.Write(http, status, "application/problem+json", problem);
}
