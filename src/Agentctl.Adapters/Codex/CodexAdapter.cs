using System.Runtime.CompilerServices;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>Codex: the kernel's locks say which threads are loaded and by whom, the rollout's newest turn says what they do.</summary>
public sealed partial class CodexAdapter : IAgentAdapter, IDisposable
{
    private readonly CodexPlaces places;
    private readonly CodexDatabases databases;
    private readonly ThreadHolders holders;
    private readonly ThreadNames names;
    private readonly Rollouts rollouts;
    private readonly CodexSightings sightings;
    private readonly FileTree locks;

    public CodexAdapter(AgentEnvironment environment)
    {
        places = new CodexPlaces(environment);
        databases = new CodexDatabases(places);
        holders = new ThreadHolders(places);
        names = new ThreadNames(places);
        rollouts = new Rollouts(places);
        sightings = new CodexSightings(Id, places);
        locks = new FileTree(places.Locks, static name => name.EndsWith(".lock", StringComparison.Ordinal), maxDepth: 1);
    }

    public string Id => "codex";

    public Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken) =>
        Task.Run(() => Look(context, cancellationToken), cancellationToken);

    public Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken) =>
        Task.Run(
            IReadOnlyCollection<SessionName> () =>
                [.. AllIds(cancellationToken).Distinct(StringComparer.Ordinal).Select(id => new SessionName(id, id))],
            cancellationToken);

    public Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken) =>
        Task.Run(() => FindOne(id, context, cancellationToken), cancellationToken);

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(
        string id, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await Task.Run(() => Locate(id, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (file is not { } found)
        {
            yield break;
        }

        foreach (var entry in RolloutTranscript.Read(found.Path, places.Shown(found.Path), range))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (Locate(id, cancellationToken) is not { } file)
            {
                return null;
            }

            var total = RolloutTranscript.Total(file.Path, places.Shown(file.Path), cancellationToken);
            return rollouts.Read(file, new List<string>()) is { } rollout ? rollout.Head.Own(total) : total;
        },
        cancellationToken);

    public IDisposable Watch(Action changed) => new Watches(rollouts.Watch(changed), locks.Watch(changed));

    public string? WhyNotTold() => rollouts.WhyNotWatched();

    public Task<Diagnosis> Diagnose(CancellationToken cancellationToken) =>
        Task.Run(() => CodexDiagnosis.Of(Id, places, rollouts, cancellationToken), cancellationToken);

    public void Dispose()
    {
        rollouts.Dispose();
        locks.Dispose();
    }

    private AdapterAnswer Look(DiscoveryContext context, CancellationToken cancellationToken)
    {
        if (!places.Exists())
        {
            return AdapterAnswer.Nothing;
        }

        var look = new OneLook(this, context);
        var seen = new Dictionary<string, Sighting>();
        var unread = 0;
        if (context.Reach == Reach.All)
        {
            foreach (var file in rollouts.ChangedSince(context.Since, look.Problems, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!rollouts.IsRead(file) && !context.Reading.MayRead())
                {
                    unread++;
                }
                else if (RolloutName.IdOf(file.Path) is { } id && !look.IsHeld(id) && look.Sight(id, file) is { } sighting)
                {
                    seen[id] = sighting;
                }
            }
        }

        foreach (var holder in look.Holders.Values.Where(holder => holder.Holder != Holder.None && !seen.ContainsKey(holder.Id)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (look.Sight(holder.Id, look.FileOf(holder, cancellationToken)) is { } sighting)
            {
                seen[holder.Id] = sighting;
            }
        }

        if (sightings.Count > 2 * seen.Count + 1000 && context.Reach == Reach.All)
        {
            sightings.Keep(seen.Keys.ToHashSet());
        }

        return new AdapterAnswer([.. seen.Values], look.Problems, []) { Unread = unread };
    }

    private Sighting? FindOne(string id, DiscoveryContext context, CancellationToken cancellationToken)
    {
        if (!RolloutName.IsId(id) || !places.Exists())
        {
            return null;
        }

        var look = new OneLook(this, context);
        var holder = look.Holders.GetValueOrDefault(id);
        var file = holder is null ? rollouts.Locate(id, databases, look.Problems, cancellationToken) : look.FileOf(holder, cancellationToken);
        if (file is null && holder is null or { Holder: Holder.None })
        {
            return null;
        }

        var sighting = look.Sight(id, file);
        return sighting ?? (look.Problems.Count > 0 ? throw new CannotLookException(string.Join("; ", look.Problems)) : null);
    }

    private FileEntry? Locate(string id, CancellationToken cancellationToken) =>
        RolloutName.IsId(id) && places.Exists() ? rollouts.Locate(id, databases, [], cancellationToken) : null;

    private IEnumerable<string> AllIds(CancellationToken cancellationToken) =>
        places.Exists()
            ? rollouts.Ids(cancellationToken).Concat(places.FilesOf(places.Locks, "*.lock").Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(RolloutName.IsId))
            : [];

    /// <summary>What one request needs once: who holds what, the daemon, the names.</summary>
    private sealed class OneLook(CodexAdapter adapter, DiscoveryContext context)
    {
        private IReadOnlyDictionary<string, string>? titles;
        private CodexDaemon? daemon;
        private bool daemonRead;

        public List<string> Problems { get; } = [];

        public IReadOnlyDictionary<string, ThreadHolder> Holders { get; } = adapter.holders.Look(context.Processes);

        /// <summary>Its holder says which file is the thread's.</summary>
        public bool IsHeld(string id) => Holders.GetValueOrDefault(id) is { Holder: not Holder.None };

        /// <summary>The rollout of a held thread: what its holder has open, else where its id says.</summary>
        public FileEntry? FileOf(ThreadHolder holder, CancellationToken cancellationToken) =>
            holder.Rollout is { } open && NativeFile.Stat(open) is { } file
                ? file
                : adapter.rollouts.Locate(holder.Id, adapter.databases, Problems, cancellationToken);

        public Sighting? Sight(string id, FileEntry? file)
        {
            var rollout = file is { } there ? adapter.rollouts.Read(there, Problems) : null;
            if (file is not null && rollout is null)
            {
                return null;
            }

            titles ??= adapter.names.Read(Problems);
            var holder = Holders.GetValueOrDefault(id);
            var (turn, source) = NewestTurn(id, rollout);
            return adapter.sightings.Of(id, rollout, holder, Daemon(holder), titles.GetValueOrDefault(id), turn, source, context.Processes);
        }

        /// <summary>From the rollout's tail; where a long turn hides its start further back, from Codex's own index.</summary>
        private (NewestTurn? Turn, string Source) NewestTurn(string id, Rollout? rollout)
        {
            if (rollout is null || rollout.IsCompressed)
            {
                return (null, "");
            }

            return rollout.Tail.Turn is { } turn ? (turn, adapter.places.Shown(rollout.File.Path))
                : rollout.Tail.Whole ? (null, "")
                : (adapter.databases.NewestTurn(id, Problems), adapter.places.Shown(adapter.places.Database("thread_history") ?? ""));
        }

        private CodexDaemon? Daemon(ThreadHolder? holder)
        {
            if (holder?.Process is null)
            {
                return null;
            }

            if (!daemonRead)
            {
                (daemon, daemonRead) = (CodexDaemon.Read(adapter.places.DaemonPid), true);
            }

            return daemon;
        }
    }
}

/// <summary>Several watches that end together.</summary>
internal sealed class Watches(params IDisposable[] watches) : IDisposable
{
    public void Dispose()
    {
        foreach (var watch in watches)
        {
            watch.Dispose();
        }
    }
}
