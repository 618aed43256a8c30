using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>What concerns the daemon itself.</summary>
internal sealed class DaemonEndpoints(DaemonReport report, Action stop)
{
    private const string Problem = "application/problem+json";
    private static readonly Lazy<byte[]> OpenApi = new(ReadOpenApi);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ping", (Delegate)Ping).WithName("ping")
            .WithSummary("Whether a daemon is there that looks at the client's places").WithTags("daemon")
            .Produces(204).Produces<ProblemDocument>(421, Problem);
        routes.MapGet("/v1/daemon", Daemon).WithName("getDaemon")
            .WithSummary("The daemon itself, with sessions by adapter and state at this moment").WithTags("daemon")
            .Produces<DaemonDocument>(200);
        routes.MapPost("/v1/daemon/stop", (Delegate)Stop).WithName("stopDaemon")
            .WithSummary("Ends the daemon; no agent is touched").WithTags("daemon")
            .Produces(202);
        routes.MapGet("/v1/openapi.json", (RequestDelegate)(http => Replies.Write(http, 200, "application/json", OpenApi.Value)));
    }

    private static async Task Ping(HttpContext http)
    {
        if (!await QueryReading.RefuseParameters(http))
        {
            http.Response.StatusCode = 204;
        }
    }

    private async Task Daemon(HttpContext http, CancellationToken cancellationToken)
    {
        if (!await QueryReading.RefuseParameters(http))
        {
            await Replies.Write(http, await report.Take(cancellationToken), ApiJson.Readable.DaemonDocument);
        }
    }

    private async Task Stop(HttpContext http)
    {
        if (await QueryReading.RefuseParameters(http))
        {
            return;
        }

        http.Response.OnCompleted(() =>
        {
            stop();
            return Task.CompletedTask;
        });
        await Replies.Write(http, 202, "application/json", "{}"u8.ToArray());
    }

    private static byte[] ReadOpenApi()
    {
        using var resource = typeof(DaemonEndpoints).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("openapi.json is not embedded");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
