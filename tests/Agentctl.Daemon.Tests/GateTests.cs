using System.Net;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class GateTests
{
    [Theory]
    [InlineData("Origin", "http://localhost")]
    [InlineData("Origin", "null")]
    [InlineData("Referer", "http://localhost/")]
    [InlineData("Host", "example.org")]
    [InlineData("Host", "127.0.0.1")]
    public async Task Request_as_browsers_send_them_is_refused(string header, string value)
    {
        await using var daemon = await TestDaemon.InMemory();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sessions");
        request.Headers.Add(header, value);

        var response = await daemon.InMemoryClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("/problems/browser", (await Problem.In(response)).Type);
        Assert.Empty(daemon.Sessions.Asked);
    }

    [Theory]
    [InlineData("agentctl")]
    [InlineData("localhost")]
    [InlineData("localhost:80")]
    public async Task Request_with_our_host_is_answered(string host)
    {
        await using var daemon = await TestDaemon.InMemory();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sessions");
        request.Headers.Host = host;
        Assert.Equal(HttpStatusCode.OK, (await daemon.InMemoryClient().SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Client_that_means_other_places_is_misdirected()
    {
        await using var daemon = await TestDaemon.InMemory();
        var client = daemon.InMemoryClient();
        client.DefaultRequestHeaders.Add(DaemonProtocol.PlacesHeader, DaemonProtocol.PlacesHash(daemon.Home.Environment(("CODEX_HOME", "/elsewhere"))));

        var response = await client.GetAsync("/v1/sessions");

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.Equal("/problems/other-environment", (await Problem.In(response)).Type);
        Assert.Empty(daemon.Sessions.Asked);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/daemon")).StatusCode);
    }

    [Fact]
    public async Task Client_that_means_the_same_places_is_answered()
    {
        await using var daemon = await TestDaemon.InMemory();
        var client = daemon.InMemoryClient();
        client.DefaultRequestHeaders.Add(DaemonProtocol.PlacesHeader, DaemonProtocol.PlacesHash(daemon.Home.Environment(("TERM", "dumb"))));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/sessions")).StatusCode);
    }

    [Fact]
    public async Task Wrong_path_method_and_failure_are_problems()
    {
        await using var daemon = await TestDaemon.InMemory();
        var client = daemon.InMemoryClient();

        var path = await client.GetAsync("/v2/sessions");
        Assert.Equal((HttpStatusCode.NotFound, "/problems/no-such-path"), (path.StatusCode, (await Problem.In(path)).Type));

        var root = await client.GetAsync("/");
        Assert.Equal("/problems/no-such-path", (await Problem.In(root)).Type);

        var method = await client.PostAsync("/v1/sessions", null);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "/problems/method"), (method.StatusCode, (await Problem.In(method)).Type));
        Assert.Equal(["GET"], method.Content.Headers.Allow);

        daemon.Sessions.BeforeReply = _ => throw new InvalidOperationException("a bug");
        var failure = await client.GetAsync("/v1/sessions");
        var problem = await Problem.In(failure);
        Assert.Equal((HttpStatusCode.InternalServerError, "/problems/internal"), (failure.StatusCode, problem.Type));
        Assert.DoesNotContain("a bug", problem.Detail, StringComparison.Ordinal);
    }
}
