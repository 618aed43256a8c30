using System.Collections.Concurrent;
using System.Text.Json;
using Xunit;

namespace Agentctl.Acp.Tests;

public sealed class IncomingRequestsTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>The first one that is cancelled has the other one answered before that is cancelled too.</summary>
    [Fact]
    public async Task Request_that_is_answered_while_all_are_cancelled_does_no_harm()
    {
        var finish = new ConcurrentDictionary<string, TaskCompletionSource>();
        var tokens = new ConcurrentDictionary<string, CancellationToken>();
        var handler = new Handler
        {
            Answer = async (request, stop) =>
            {
                var other = request.Method == "a" ? "b" : "a";
                tokens[request.Method] = stop;
                _ = stop.Register(() =>
                {
                    finish.GetOrAdd(other, static _ => new()).TrySetResult();
                    Assert.True(SpinWait.SpinUntil(() => IsDisposed(tokens[other]), Deadline));
                });
                await finish.GetOrAdd(request.Method, static _ => new()).Task;
                return AcpReply.Done;
            },
        };
        using var ending = new CancellationTokenSource();
        var incoming = new IncomingRequests(handler, static (_, _) => Task.CompletedTask, ending.Token);
        foreach (var method in (string[])["a", "b"])
        {
            incoming.Begin(new AcpIncoming(method, new AcpLine("{}"u8.ToArray(), 0, 2), RequestId.Of(method), default(JsonElement)));
        }

        await incoming.CancelAll().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        finish.Values.ToList().ForEach(static one => one.TrySetResult());
        await incoming.Finished().WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private static bool IsDisposed(CancellationToken token)
    {
        try
        {
            _ = token.WaitHandle;
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
