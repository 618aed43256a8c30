using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class AdapterProbeTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("agentctl-probe-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    /// <summary>Each repeat of a question that never ends held one more thread.</summary>
    [Fact]
    public async Task Question_that_hangs_is_not_asked_without_limit()
    {
        await using var probe = new AdapterProbe(
            new PlannedAdapter("openclaw"), TimeSpan.FromSeconds(1), new LastAnswers(home, TimeProvider.System), TimeProvider.System, null, static () => { });
        var release = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        Task<int> Hang(CancellationToken ignored)
        {
            Interlocked.Increment(ref asked);
            return release.Task;
        }

        for (var i = 0; i < 4; i++)
        {
            var late = await Assert.ThrowsAsync<CannotLookException>(() => probe.Ask(Hang, CancellationToken.None));
            Assert.Contains("did not answer within", late.Message, StringComparison.Ordinal);
        }

        for (var i = 0; i < 20; i++)
        {
            var refused = await Assert.ThrowsAsync<CannotLookException>(() => probe.Ask(Hang, CancellationToken.None));
            Assert.Equal("openclaw has not ended 4 questions that timed out; it is asked again when one of them ends", refused.Message);
        }

        Assert.Equal(4, asked);

        // The look at all sessions is not affected, and the end of what hung clears the way.
        Assert.Equal(AdapterStatus.Ok, (await probe.Look(null!, CancellationToken.None)).Outcome.Status);
        release.SetResult(1);
        await Eventually.True("asked again", TimeSpan.FromSeconds(20), () =>
        {
            try
            {
                return probe.Ask(static _ => Task.FromResult(7), CancellationToken.None).GetAwaiter().GetResult() == 7;
            }
            catch (CannotLookException)
            {
                return false;
            }
        });
    }
}
