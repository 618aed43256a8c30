using Agentctl.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Agentctl.Daemon;

/// <summary>
/// What every request passes: nothing that smells of a browser, nobody who means other places; and every failure leaves as a problem.
/// </summary>
internal sealed partial class Gate(string placesHash, string configFingerprint, ILogger log)
{
    private static readonly string[] Hosts = [DaemonProtocol.Host, "localhost"];

    /// <summary>These are about the daemon, wherever it looks.</summary>
    private static readonly string[] ForEveryPlace = ["/v1/daemon", "/v1/daemon/stop", "/v1/openapi.json"];

    public async Task Pass(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers[DaemonProtocol.VersionHeader] = $"{BuildStamp.Version}+{BuildStamp.Commit}";
        http.Response.Headers[DaemonProtocol.ConfigHeader] = configFingerprint;
        if (Refusal(http.Request) is { } refusal)
        {
            await Problems.Write(http, refusal);
            return;
        }

        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.ContentLength is null && http.Response.StatusCode is 404 or 405 or 415)
            {
                await Problems.Write(http, http.Response.StatusCode switch { 405 => Problems.Method, 415 => Problems.MediaType, _ => Problems.NoSuchPath });
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client left; what was done for it has stopped.
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            await Problems.Write(http, Problems.BadRequest(bad.Message));
        }
        catch (Exception failure)
        {
            RequestFailed(log, http.Request.Method, http.GetEndpoint()?.DisplayName ?? "no endpoint", failure);
            if (http.Response.HasStarted)
            {
                http.Abort();
                return;
            }

            http.Response.Clear();
            await Problems.Write(http, Problems.Internal);
        }
    }

    private ProblemDocument? Refusal(HttpRequest request)
    {
        if (request.Headers.Origin.Count > 0 || request.Headers.Referer.Count > 0)
        {
            return Problems.Browser("a request with Origin or Referer comes from a web page, and web pages may not ask");
        }

        if (!Hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return Problems.Browser($"Host must be {string.Join(" or ", Hosts)}");
        }

        if (request.Headers[DaemonProtocol.PlacesHeader] is [{ } places] && places != placesHash && !ForEveryPlace.Contains(request.Path.Value))
        {
            return Problems.OtherEnvironment;
        }

        return DotSegment(request.HttpContext) is { } name ? Problems.NoSession(name) : null;
    }

    /// <summary>
    /// A session named <c>.</c> or <c>..</c>, or by nothing, would be normalized away and the request would mean another path.
    /// </summary>
    private static string? DotSegment(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0] ?? "";
        return target is "/" or "/v1/" ? null : target.Split('/').Skip(1).Select(Uri.UnescapeDataString).FirstOrDefault(segment => segment is "" or "." or "..");
    }

    [LoggerMessage(EventId = 60, EventName = "RequestFailed", Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    private static partial void RequestFailed(ILogger log, string method, string endpoint, Exception failure);
}
