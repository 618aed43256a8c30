using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Takes away what is past its expiry: hourly, at start, and when somebody asks.</summary>
internal sealed class Pruning(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, LaunchExpiry expiry)
{
    public async Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken)
    {
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        var items = new List<PruneItem>();
        foreach (var expired in expiry.Find(undertaker.Attend(store.All(problems), ProcessTable.Take())))
        {
            try
            {
                if (!dryRun)
                {
                    expired.Remove(expired.Path);
                }

                items.Add(new PruneItem(expired.Path, expired.What, expired.Evidence, expired.Bytes));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{expired.Path} could not be removed: {failure.Message}");
            }
        }

        return Replies.Ok(new PruneDocument(!dryRun, items, problems), ApiJson.Readable.PruneDocument);
    }
}
