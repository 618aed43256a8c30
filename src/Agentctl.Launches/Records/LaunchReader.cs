using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Reads the files of one launch. They lie where the agent can write, so they are input: what cannot be read or makes no sense becomes
/// <see cref="Launch.Damage"/> of this launch, and never an exception.
/// </summary>
/// <param name="places">Where launches are kept.</param>
internal sealed class LaunchReader(LaunchPlaces places)
{
    /// <summary>The launch as its files tell it now; null when there is none, or none yet.</summary>
    /// <param name="launchId">Has the form of a launch id.</param>
    /// <param name="before">As it was read last; records that cannot change any more are taken from it.</param>
    /// <param name="isRecordUnchanged">launch.json is the file that <paramref name="before"/> was read from.</param>
    public Launch? Read(string launchId, Launch? before, bool isRecordUnchanged)
    {
        var folder = places.Of(launchId);
        try
        {
            if (!OwnDirectory.Exists(folder))
            {
                return null;
            }
        }
        catch (Exception foreign) when (foreign is IOException or UnauthorizedAccessException)
        {
            return Unreadable(launchId, before, foreign.Message);
        }

        var damage = new List<string>();

        // The lease before the exit record: a shim that ends between the two reads then shows as ending, never as lost.
        var (shimHolds, agentHolds, isLeaseReadable) = LookAtLease(folder, damage);
        var isAgentDamaged = false;
        var agent = before?.Agent ?? Take(folder, LaunchFiles.Agent, LaunchJson.Default.AgentRecord, damage, out isAgentDamaged);
        if (agent is { Pid: <= 0 } or { ShimPid: <= 0 })
        {
            damage.Add($"{Path.Combine(folder, LaunchFiles.Agent)} names no process");
            agent = null;
            isAgentDamaged = true;
        }

        var isRecordDamaged = false;
        var record = isRecordUnchanged ? before!.Record : Take(folder, LaunchFiles.Launch, LaunchJson.Default.LaunchRecord, damage, out isRecordDamaged);
        if (record is null && !isRecordDamaged)
        {
            // Its launcher writes it after the lease and before the shim begins: without a trace of either there is no launch yet.
            if (agent is null && !isAgentDamaged && !agentHolds && !(before is not null && shimHolds))
            {
                return null;
            }

            damage.Add($"{Path.Combine(folder, LaunchFiles.Launch)} is missing");
        }

        record = isRecordUnchanged ? record! : record is null ? Remembered(launchId, before) : Checked(record, launchId, damage);

        // As long as the shim lives an end that is recorded may be forged, and is replaced by the real one.
        var exit = (before is { Standing: LaunchStanding.Ended } ? before.Exit : null) ?? Take(folder, LaunchFiles.Exit, LaunchJson.Default.ExitRecord, damage, out _);
        var told = before?.Told;
        told = told is { IsFinal: true } || (told is not null && exit is null) ? told : Checked(Take(folder, LaunchFiles.Session, LaunchJson.Default.ToldRecord, damage, out _));
        if (told?.Problem is { } problem)
        {
            damage.Add(problem);
        }

        return new Launch
        {
            Record = record,
            Agent = agent,
            Queued = exit is null && agent is null && !isAgentDamaged ? Queued(folder, record, damage) : null,
            Told = told,
            Stop = before?.Stop ?? Take(folder, LaunchFiles.Stop, LaunchJson.Default.StopRecord, damage, out _),
            Exit = exit,
            Standing = LaunchStandings.Of(shimHolds, agentHolds, exit is not null),
            IsUnreadable = !isLeaseReadable || record.Adapter == Launch.UnknownAdapter || (isAgentDamaged && exit is null),
            Damage = damage.Count == 0 ? null : string.Join("; ", damage),
        };
    }

    /// <summary>A launch whose directory cannot be entered, or is gone although its lease is held.</summary>
    public Launch Unreadable(string launchId, Launch? before, string problem)
    {
        return new Launch
        {
            Record = Remembered(launchId, before),
            Agent = before?.Agent,
            Told = before?.Told,
            Standing = LaunchStanding.Unattended,
            IsUnreadable = true,
            Damage = problem,
        };
    }

    private static (bool Shim, bool Agent, bool IsReadable) LookAtLease(string folder, List<string> damage)
    {
        try
        {
            var (shim, agent) = Lease.Look(Path.Combine(folder, LaunchFiles.Lease));
            return (shim, agent, true);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            damage.Add(unreadable.Message);
            return (false, false, false);
        }
    }

    /// <summary>A file that is there holds the launch back, whatever is in it; it then waits behind all others.</summary>
    private static QueuedRecord? Queued(string folder, LaunchRecord record, List<string> damage)
    {
        return Take(folder, LaunchFiles.Queued, LaunchJson.Default.QueuedRecord, damage, out var isDamaged)
            ?? (isDamaged ? new QueuedRecord(long.MaxValue - 1, record.LaunchedAt) : null);
    }

    private static T? Take<T>(string folder, string name, JsonTypeInfo<T> type, List<string> damage, out bool isDamaged)
        where T : class
    {
        var record = LaunchFolder.TryRead(folder, name, type, out var problem);
        isDamaged = problem is not null;
        if (problem is not null)
        {
            damage.Add(problem);
        }

        return record;
    }

    /// <summary>What is known of a launch whose record cannot be read: what it said before, else its name alone.</summary>
    private LaunchRecord Remembered(string launchId, Launch? before)
    {
        if (before is not null)
        {
            return before.Record;
        }

        var machine = ProcessTable.Take();
        return new LaunchRecord
        {
            Id = launchId,
            Adapter = Launch.UnknownAdapter,
            LaunchedAt = BeganAt(places.Of(launchId)),
            BootId = machine.BootId,
            Host = machine.Host,
            PidNamespace = machine.PidNamespace,
        };
    }

    private static DateTimeOffset BeganAt(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder)) : DateTimeOffset.UnixEpoch;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return DateTimeOffset.UnixEpoch;
        }
    }

    /// <summary>What the record says, without what must not be believed: the directory's name is the id, and names are not paths.</summary>
    private static LaunchRecord Checked(LaunchRecord record, string launchId, List<string> damage)
    {
        if (record.Id != launchId)
        {
            damage.Add($"its record names another launch; its directory is {launchId}, and that is its id");
            record = record with { Id = launchId };
        }

        if (record.Conversation is { } conversation && !LaunchId.IsOne(conversation))
        {
            damage.Add("its record names an ACP session by something that is no id; that is ignored");
            record = record with { Conversation = null };
        }

        if (record.Cwd is { } cwd && (!cwd.StartsWith('/') || cwd.Contains('\0')))
        {
            damage.Add("its record names a directory that is no absolute path; that is ignored");
            record = record with { Cwd = null };
        }

        if (record.SessionId is { } sessionId && !SessionIds.MayBeReported(sessionId))
        {
            damage.Add("its record names a session id that is not printable ASCII of at most 256 bytes, or begins with @; that is ignored");
            record = record with { SessionId = null };
        }

        if (!SessionIds.IsValid(record.Adapter) || record.Adapter.Contains('/'))
        {
            damage.Add("its record names no agent");
            record = record with { Adapter = Launch.UnknownAdapter };
        }

        if (record.Meta.Values.Any(static value => value is null) || record.Arguments?.Any(static argument => argument is null) == true)
        {
            damage.Add("its record holds null where texts belong; those are ignored");
            record = record with
            {
                Meta = record.Meta.Where(static pair => pair.Value is not null).ToDictionary(StringComparer.Ordinal),
                Arguments = record.Arguments?.Where(static argument => argument is not null).ToList(),
            };
        }

        return record;
    }

    private static ToldRecord? Checked(ToldRecord? told) => told?.SessionId is not { } id || SessionIds.MayBeReported(id)
        ? told
        : told with { SessionId = null, Problem = $"{LaunchFiles.Session} names a session id that is not printable ASCII of at most {SessionIds.LongestBytes} bytes, or begins with @; that is ignored" };
}
