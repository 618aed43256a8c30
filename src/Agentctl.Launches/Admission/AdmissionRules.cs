using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>Who may run beside whom: pure, so that who decides and who only tells say the same.</summary>
/// <param name="Locked">Directories that people hold.</param>
public sealed record AdmissionRules(LaunchLimits Limits, DirectoryRule Rule, IReadOnlyList<DirectoryLockRecord> Locked)
{
    /// <summary>Locks whose record cannot be read: what is wrong, by the fingerprint of the directory.</summary>
    public IReadOnlyDictionary<string, string> UnreadableLocks { get; init; } = new Dictionary<string, string>();

    /// <summary>Null when a launch with this record may run.</summary>
    /// <param name="holders">Every launch that holds something.</param>
    /// <param name="force">Do not mind the directory. Slots, and who goes on with a session, cannot be forced.</param>
    /// <param name="overridden">What <paramref name="force"/> overrode.</param>
    public Refusal? Decide(LaunchRecord wanted, IReadOnlyList<Launch> holders, bool force, out Refusal? overridden)
    {
        overridden = null;
        if (wanted.SessionId is { } session && holders.FirstOrDefault(holder => holder.Record.Adapter == wanted.Adapter && holder.SessionId == session) is { } owner)
        {
            return new Refusal.SessionGoesOn(owner);
        }

        foreach (var scope in Limits.ScopesOf(wanted.Adapter, wanted.Group))
        {
            var counted = holders.Where(holder => scope.Counts(holder.Record)).ToList();
            if (counted.Count >= scope.Limit)
            {
                return new Refusal.NoSlot(scope, counted);
            }
        }

        // An ACP session works beside others, as its users know it; only what a person keeps for himself is his.
        var conflict = Conflict(wanted.Cwd!, wanted.Conversation is null ? holders : []);
        overridden = force ? conflict : null;
        return force ? null : conflict;
    }

    /// <summary>Who holds a directory, if anybody.</summary>
    public Refusal? Conflict(string directory, IReadOnlyList<Launch> holders)
    {
        if (Locked.FirstOrDefault(held => Rule.Conflicts(held.Directory, directory)) is { } locked)
        {
            return new Refusal.DirectoryLocked(directory, locked);
        }

        for (var at = UnreadableLocks.Count > 0 ? directory : null; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Rule.Conflicts(at, directory) && UnreadableLocks.GetValueOrDefault(Fingerprint.Of(at)) is { } problem)
            {
                return new Refusal.LockUnreadable(at, problem);
            }
        }

        return holders.FirstOrDefault(holder => holder.Record is { Conversation: null, Cwd: { } cwd } && Rule.Conflicts(cwd, directory)) is { } holder
            ? new Refusal.DirectoryInUse(directory, holder)
            : null;
    }
}
