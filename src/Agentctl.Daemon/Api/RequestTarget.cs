using Microsoft.AspNetCore.Http.Features;

namespace Agentctl.Daemon;

/// <summary>What a request's path names, as the client meant it.</summary>
internal static class RequestTarget
{
    private const int SegmentOfReference = 3;

    /// <summary>
    /// The session's reference. Routing unescapes everything but <c>%2F</c>, which cannot be told from an escaped <c>%252F</c>
    /// afterwards; so the segment is taken from the request line.
    /// </summary>
    public static string Reference(HttpContext http, string routed, int segment = SegmentOfReference)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var segments = target.Split('?')[0].Split('/');
        return target.StartsWith('/') && segments.Length > segment
            ? Uri.UnescapeDataString(segments[segment])
            : routed.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }
}
