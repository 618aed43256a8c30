using System.Net;
using System.Text;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class LaunchEndpointsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/launches", """{"adapter":"codex","prompt":"do it"}""", "launch codex: do it")]
    [InlineData("/v1/stop", """{"sessions":["a","b"],"force":true}""", "stop a b force=True")]
    [InlineData("/v1/wait", """{"sessions":["a"],"for":"idle"}""", "wait a for idle")]
    [InlineData("/v1/sessions/codex%2F01a1/send", """{"text":"hello"}""", "send codex/01a1: hello")]
    [InlineData("/v1/sessions/codex%2F01a1/cancel", "", "cancel codex/01a1")]
    [InlineData("/v1/locks", """{"directory":"/work","by":"ann"}""", "lock /work by ann")]
    [InlineData("/v1/prune?dryRun", "", "prune True")]
    [InlineData("/v1/acp/sessions", """{"agent":"claude","cwd":"/w","ensure":true,"mode":"oneshot"}""", "acp new claude /w  oneshot ensure=True")]
    [InlineData("/v1/acp/sessions/claude-code%2F2d90/close", "", "acp close claude-code/2d90")]
    [InlineData("/v1/acp/sessions/review/set", """{"option":"fast","value":"true"}""", "acp set review fast=true")]
    [InlineData("/v1/acp/prune", """{"dryRun":true}""", "acp prune True")]
    [InlineData("/v1/approvals", """{"id":"5c1f","allow":true,"always":true}""", "approval 5c1f True True")]
    public async Task Order_reaches_the_sessions_side_and_its_answer_comes_back(string path, string body, string asked)
    {
        await using var daemon = await TestDaemon.InMemory();
        var response = await daemon.InMemoryClient().PostAsync(path, Json(body), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([asked], daemon.Sessions.Asked);
    }

    [Fact]
    public async Task Lock_is_given_back_by_its_directory()
    {
        await using var daemon = await TestDaemon.InMemory();
        Assert.Equal(HttpStatusCode.OK, (await daemon.InMemoryClient().DeleteAsync("/v1/locks?directory=%2Fa%20b", Token)).StatusCode);
        Assert.Equal(["unlock /a b"], daemon.Sessions.Asked);
        Assert.Equal(HttpStatusCode.BadRequest, (await daemon.InMemoryClient().DeleteAsync("/v1/locks", Token)).StatusCode);
    }

    [Theory]
    [InlineData("{ torn")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"sessions":"not a list"}""")]
    public async Task Body_that_is_no_order_is_a_bad_request_and_asks_nobody(string body)
    {
        await using var daemon = await TestDaemon.InMemory();
        var response = await daemon.InMemoryClient().PostAsync("/v1/stop", Json(body), Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("/problems/bad-request", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(daemon.Sessions.Asked);
    }

    [Fact]
    public async Task Events_carry_their_cursor_as_id_and_go_on_after_one()
    {
        await using var daemon = await TestDaemon.InMemory();
        daemon.Sessions.Parts.Writer.TryWrite("""{"cursor":"1f0a22bc.7","type":"session.started"}""");
        daemon.Sessions.Parts.Writer.Complete();
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Last-Event-ID", "1f0a22bc.6");
        var response = await daemon.InMemoryClient().SendAsync(request, Token);
        Assert.Equal("id: 1f0a22bc.7\ndata: {\"cursor\":\"1f0a22bc.7\",\"type\":\"session.started\"}\n\n", await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(["events 1f0a22bc.6"], daemon.Sessions.Asked);
    }

    [Fact]
    public async Task Refusal_keeps_its_type_and_status()
    {
        await using var daemon = await TestDaemon.InMemory();
        daemon.Sessions.Reply = ScriptedSessions.Problem(409, "/problems/no-slot");
        var response = await daemon.InMemoryClient().PostAsync("/v1/launches", Json("""{"prompt":"x"}"""), Token);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Contains("/problems/no-slot", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
