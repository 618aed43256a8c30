using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>
/// Asks the daemon; when it goes away before it has answered, asks in process. What has begun to stream is not begun again.
/// </summary>
internal sealed class DaemonOrSelf(ISessionApi daemon, Func<ISessionApi> self) : ISessionApi
{
    public Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken) => Ask(api => api.List(query, cancellationToken));

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken) => Ask(api => api.FollowList(query, cancellationToken));

    public Task<ApiReply> Status(string reference, CancellationToken cancellationToken) => Ask(api => api.Status(reference, cancellationToken));

    public Task<ApiReply> Explain(string reference, CancellationToken cancellationToken) => Ask(api => api.Explain(reference, cancellationToken));

    public Task<ApiReply> Usage(string reference, CancellationToken cancellationToken) => Ask(api => api.Usage(reference, cancellationToken));

    public Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken) =>
        Ask(api => api.Transcript(reference, query, cancellationToken));

    private async Task<T> Ask<T>(Func<ISessionApi, Task<T>> question)
    {
        try
        {
            return await question(daemon);
        }
        catch (DaemonLostException)
        {
            return await question(self());
        }
    }
}
