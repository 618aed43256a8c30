using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>
/// Follows a stream for as long as the caller wants it: when the daemon goes away (stopped, restarted, killed, upgraded), the stream is
/// opened again at the next one. A view either continues or reports why it ends.
/// </summary>
/// <param name="list">The command that shows what can be followed.</param>
internal sealed class Follower(Surroundings around, string list = "agentctl list -a")
{
    /// <summary>Daemons in a row that end before they have sent anything.</summary>
    private const int MostFailures = 10;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <param name="open">Asks for the stream; also called again, after what was received so far.</param>
    /// <param name="take">Receives each part.</param>
    /// <param name="reference">The session that is followed, for messages.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(
        Func<IAgentctlApi, CancellationToken, Task<ApiParts>> open,
        Action<ReadOnlyMemory<byte>> take,
        string? reference,
        CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            var api = await around.OpenSessions(cancellationToken);
            var problem = "the daemon has ended";
            try
            {
                var reply = await open(api, cancellationToken);
                if (!reply.IsOk)
                {
                    return Problem.Tell(around, reply.Problem, reference, list);
                }

                await foreach (var part in reply.Parts.WithCancellation(cancellationToken))
                {
                    failures = 0;
                    take(part);
                }

                // A daemon ends a stream that has no end of its own only when it ends itself.
                if (api is not DaemonOrSelf)
                {
                    return ExitCode.Done;
                }
            }
            catch (DaemonLostException lost)
            {
                problem = lost.Message;
            }

            if (++failures > MostFailures)
            {
                around.Terminal.Note($"No longer following: {problem}, and so did {MostFailures} more. See: agentctl daemon status");
                return ExitCode.Failed;
            }

            around.Terminal.Aside($"{problem}; following the next one");
            if (failures > 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 50 << failures)), around.Time, cancellationToken);
            }
        }
    }
}
