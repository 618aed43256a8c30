using System.Net;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Where a gateway listens. Written without user, query and fragment: people put tokens there.</summary>
internal sealed record GatewayAddress(string Host, int Port, string Path, bool IsTls)
{
    public const int DefaultPort = 18789;

    public static GatewayAddress OnThisMachine(int port) => new("127.0.0.1", port, "/", IsTls: false);

    /// <summary>Reads <c>ws://host:port/path</c>; null when it is no such address.</summary>
    public static GatewayAddress? Parse(string url)
    {
        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return null;
        }

        var tls = uri.Scheme is "wss" or "https";
        if (!tls && uri.Scheme is not ("ws" or "http"))
        {
            return null;
        }

        // Uri knows no default port for ws in all versions; the gateway's own default is meant only where nothing is said at all.
        var port = uri.Port > 0 ? uri.Port : tls ? 443 : 80;
        return new GatewayAddress(uri.IdnHost, port, uri.AbsolutePath, tls);
    }

    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    public string HostAndPort => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    public override string ToString() => $"{(IsTls ? "wss" : "ws")}://{HostAndPort}{(Path == "/" ? "" : Path)}";
}
