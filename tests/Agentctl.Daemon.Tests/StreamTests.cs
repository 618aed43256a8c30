using System.Net.Sockets;
using System.Text;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class StreamTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Follower_sees_each_part_as_it_comes_and_the_end()
    {
        await using var daemon = await TestDaemon.OnSocket();
        using var client = await Connected(daemon);
        using var deadline = new CancellationTokenSource(Deadline);
        var parts = await client.FollowList(new ListQuery(), deadline.Token);

        await using var reading = parts.Parts.GetAsyncEnumerator(deadline.Token);
        foreach (var part in new[] { "{\"n\":1}", $"{{\"long\":\"{new string('x', 100_000)}\"}}", "{}" })
        {
            await daemon.Sessions.Parts.Writer.WriteAsync(part, deadline.Token);
            Assert.True(await reading.MoveNextAsync());
            Assert.Equal(part, Encoding.UTF8.GetString(reading.Current.Span));
        }

        daemon.Sessions.Parts.Writer.Complete();
        Assert.False(await reading.MoveNextAsync());
    }

    [Fact]
    public async Task Follower_that_leaves_ends_the_work_behind_its_stream()
    {
        await using var daemon = await TestDaemon.OnSocket();
        for (var round = 0; round < 20; round++)
        {
            using var socket = await Raw.Connect(daemon.Home);
            await socket.SendAsync("GET /v1/sessions?follow HTTP/1.1\r\nHost: agentctl\r\n\r\n"u8.ToArray());
            await Raw.ReadUntil(socket, "x-ndjson");
        }

        await Eventually.True("no stream left", Deadline, () => daemon.Sessions.OpenStreams == 0);
        Assert.Equal(20, daemon.Sessions.Asked.Count);
    }

    [Fact]
    public async Task Client_that_leaves_while_its_answer_is_made_stops_the_work_and_harms_nobody()
    {
        await using var daemon = await TestDaemon.OnSocket();
        var asked = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        daemon.Sessions.BeforeReply = async cancellationToken =>
        {
            asked.TrySetResult();
            cancellationToken.Register(() => stopped.TrySetResult());
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        using (var socket = await Raw.Connect(daemon.Home))
        {
            await socket.SendAsync("GET /v1/sessions HTTP/1.1\r\nHost: agentctl\r\n\r\n"u8.ToArray());
            await asked.Task.WaitAsync(Deadline);
        }

        await stopped.Task.WaitAsync(Deadline);
        daemon.Sessions.BeforeReply = null;
        using var client = await Connected(daemon);
        Assert.True((await client.List(new ListQuery(), CancellationToken.None)).IsOk);
    }

    [Fact]
    public async Task W30_client_that_leaves_in_the_middle_of_a_large_answer_harms_nobody()
    {
        await using var daemon = await TestDaemon.OnSocket();
        daemon.Sessions.Reply = new ApiReply(200, new byte[64 * 1024 * 1024]);
        for (var round = 0; round < 5; round++)
        {
            using var socket = await Raw.Connect(daemon.Home);
            await socket.SendAsync("GET /v1/sessions HTTP/1.1\r\nHost: agentctl\r\n\r\n"u8.ToArray());
            await Raw.ReadUntil(socket, "\r\n\r\n");
            socket.LingerState = new LingerOption(true, 0);
        }

        daemon.Sessions.Reply = new ApiReply(200, "{}"u8.ToArray());
        using var client = await Connected(daemon);
        Assert.Equal("{}", Encoding.UTF8.GetString((await client.List(new ListQuery(), CancellationToken.None)).Body.Span));
    }

    [Fact]
    public async Task Stream_that_fails_midway_is_cut_off_and_not_taken_for_the_whole()
    {
        await using var daemon = await TestDaemon.OnSocket();
        using var client = await Connected(daemon);
        daemon.Sessions.Parts.Writer.TryWrite("{}");
        var parts = await client.Transcript("x", new TranscriptQuery(Follow: true), CancellationToken.None);
        await using var reading = parts.Parts.GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync());

        daemon.Sessions.Parts.Writer.Complete(new IOException("the file went away"));

        await Assert.ThrowsAsync<DaemonLostException>(async () => await reading.MoveNextAsync().AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task Stopping_daemon_ends_its_streams_at_once()
    {
        await using var daemon = await TestDaemon.OnSocket();
        using var client = await Connected(daemon);
        var parts = await client.FollowList(new ListQuery(), CancellationToken.None);
        await using var reading = parts.Parts.GetAsyncEnumerator();
        var next = reading.MoveNextAsync().AsTask();

        await daemon.Stop().WaitAsync(Deadline);

        Assert.False(await next.WaitAsync(Deadline));
    }

    private static async Task<DaemonClient> Connected(TestDaemon daemon) =>
        Assert.IsType<ConnectOutcome.Up>(await DaemonConnection.TryConnect(daemon.Home.Environment(), CancellationToken.None)).Client;
}
