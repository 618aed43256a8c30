using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Deletes what is past its expiry: hourly, at start, and on request.</summary>
internal sealed class Pruning(
    LaunchStore store, Undertaker undertaker, DirectoryLocks locks, LaunchExpiry expiry, WorktreeQuarantine quarantine, AgentEnvironment environment)
{
    public async Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken)
    {
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        var (problems, notes) = (new List<string>(), new List<string>());
        var items = new List<PruneItem>();
        foreach (var expired in expiry.Find(undertaker.Attend(store.All(problems, notes), ProcessTable.Take())))
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

        foreach (var removed in quarantine.Expired(problems))
        {
            try
            {
                if (!dryRun)
                {
                    await quarantine.Delete(Git.Find(environment), removed).ConfigureAwait(false);
                }

                items.Add(new PruneItem(quarantine.FolderOf(removed), "removed worktree", $"removed from {removed.Path} more than {WorktreeQuarantine.Period.TotalDays:0} days ago", removed.SizeBytes));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                problems.Add($"the removed worktree {removed.Id} could not be deleted: {failure.Message}");
            }
        }

        return Replies.Ok(new PruneDocument(!dryRun, items, problems, notes.Count > 0 ? notes : null), ApiJson.Readable.PruneDocument);
    }
}
