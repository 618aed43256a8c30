using System.Net;
using System.Text;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class SessionEndpointsTests
{
    [Theory]
    [InlineData("/v1/sessions")]
    [InlineData("/v1/sessions/x")]
    [InlineData("/v1/sessions/x/explain")]
    [InlineData("/v1/sessions/x/usage")]
    public async Task Answer_is_sent_byte_for_byte(string path)
    {
        await using var daemon = await TestDaemon.InMemory();
        daemon.Sessions.Reply = new ApiReply(200, Encoding.UTF8.GetBytes("{\"ü\":  \"exactly\\u0000so\"}"));

        var response = await daemon.InMemoryClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(daemon.Sessions.Reply.Body.ToArray(), await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("", "list ListQuery { All = False, Adapter = , Status = , Group = , Since = , ShortIds = False }")]
    [InlineData("?all", "list ListQuery { All = True, Adapter = , Status = , Group = , Since = , ShortIds = False }")]
    [InlineData("?all=true&adapter=codex&status=completed&group=g%201&shortIds=1", "list ListQuery { All = True, Adapter = codex, Status = Stopped, Group = g 1, Since = , ShortIds = True }")]
    [InlineData("?all=0&since=2026-11-20T00:00:00%2B02:00", "list ListQuery { All = False, Adapter = , Status = , Group = , Since = 11/20/2026 00:00:00 +02:00, ShortIds = False }")]
    public async Task Query_of_a_list_is_understood(string query, string asked)
    {
        await using var daemon = await TestDaemon.InMemory();
        await daemon.InMemoryClient().GetAsync("/v1/sessions" + query);
        Assert.Equal([asked], daemon.Sessions.Asked);
    }

    [Theory]
    [InlineData("/v1/sessions?status=runing", "running")]
    [InlineData("/v1/sessions?all=maybe", "all")]
    [InlineData("/v1/sessions?since=yesterday", "since")]
    [InlineData("/v1/sessions?since=2026-11-20", "since")]
    [InlineData("/v1/sessions?adapter=", "adapter")]
    [InlineData("/v1/sessions?statu=running", "statu")]
    [InlineData("/v1/sessions?adapter=a&adapter=b", "adapter")]
    [InlineData("/v1/sessions/x?all", "all")]
    [InlineData("/v1/sessions/x/transcript?last=0", "last")]
    [InlineData("/v1/sessions/x/transcript?role=robot", "assistant")]
    public async Task Query_that_makes_no_sense_is_a_bad_request_that_names_it(string path, string named)
    {
        await using var daemon = await TestDaemon.InMemory();

        var response = await daemon.InMemoryClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await Problem.In(response);
        Assert.Equal("/problems/bad-request", problem.Type);
        Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
        Assert.Empty(daemon.Sessions.Asked);
    }

    [Theory]
    [InlineData("claude-code%2F2d90595b", "claude-code/2d90595b")]
    [InlineData("agent:main:main", "agent:main:main")]
    [InlineData("openclaw%2Fagent%3Amain%3Acron", "openclaw/agent:main:cron")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%4012-345", "@12-345")]
    [InlineData("a%20%C3%BC%3F", "a ü?")]
    public async Task Reference_arrives_as_it_was_meant(string segment, string meant)
    {
        await using var daemon = await TestDaemon.OnSocket();
        await Raw.Request(daemon.Home, $"GET /v1/sessions/{segment}/explain HTTP/1.1\r\nHost: agentctl\r\nConnection: close\r\n\r\n");
        Assert.Equal([$"explain {meant}"], daemon.Sessions.Asked);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("%2e%2E")]
    [InlineData("")]
    public async Task Reference_that_a_path_would_swallow_is_no_session(string segment)
    {
        await using var daemon = await TestDaemon.OnSocket();
        var answer = await Raw.Request(daemon.Home, $"GET /v1/sessions/{segment} HTTP/1.1\r\nHost: agentctl\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/not-found", answer, StringComparison.Ordinal);
        Assert.Empty(daemon.Sessions.Asked);
    }

    [Theory]
    [InlineData(404, "/problems/not-found", "/v1/sessions/x")]
    [InlineData(409, "/problems/ambiguous", "/v1/sessions/x/explain")]
    [InlineData(404, "/problems/not-found", "/v1/sessions/x/transcript")]
    [InlineData(400, "/problems/unknown-adapter", "/v1/sessions?adapter=nope&follow")]
    public async Task Problem_of_the_sessions_is_passed_on(int status, string type, string path)
    {
        await using var daemon = await TestDaemon.InMemory();
        daemon.Sessions.Reply = ScriptedSessions.Problem(status, type);

        var response = await daemon.InMemoryClient().GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(type, (await Problem.In(response)).Type);
    }

    [Fact]
    public async Task Transcript_is_lines_or_events_as_accepted()
    {
        await using var daemon = await TestDaemon.InMemory();
        daemon.Sessions.Parts.Writer.TryWrite("{\"a\":1}");
        daemon.Sessions.Parts.Writer.TryWrite("{\"b\":2}");
        daemon.Sessions.Parts.Writer.Complete();

        var lines = await daemon.InMemoryClient().GetAsync("/v1/sessions/x/transcript?last=5&role=tool");
        Assert.Equal("application/x-ndjson", lines.Content.Headers.ContentType?.ToString());
        Assert.Equal("{\"a\":1}\n{\"b\":2}\n", await lines.Content.ReadAsStringAsync());

        daemon.Sessions.Parts = System.Threading.Channels.Channel.CreateUnbounded<string>();
        daemon.Sessions.Parts.Writer.TryWrite("{\"c\":3}");
        daemon.Sessions.Parts.Writer.Complete();
        var client = daemon.InMemoryClient();
        client.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        var events = await client.GetAsync("/v1/sessions/x/transcript?follow");
        Assert.Equal("text/event-stream", events.Content.Headers.ContentType?.ToString());
        Assert.Equal("data: {\"c\":3}\n\n", await events.Content.ReadAsStringAsync());
        Assert.Equal(
            ["transcript x TranscriptQuery { Last = 5, Role = tool, Follow = False, UntilEnded = False }", "transcript x TranscriptQuery { Last = , Role = , Follow = True, UntilEnded = False }"],
            daemon.Sessions.Asked);
    }
}
