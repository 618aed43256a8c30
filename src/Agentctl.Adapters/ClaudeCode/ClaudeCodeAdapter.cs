using System.Runtime.CompilerServices;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// Claude Code. Who lives is told by <c>sessions/&lt;pid&gt;.json</c> together with the kernel, background jobs by Claude's own
/// daemon, content by the transcripts (docs/adapters/claude-code.md).
/// </summary>
public sealed partial class ClaudeCodeAdapter : IAgentAdapter, IDisposable
{
    public const string AdapterId = "claude-code";

    private readonly AgentEnvironment _environment;
    private readonly ClaudePlaces _places;
    private readonly string? _machineId;
    private readonly FileTree _sessionFiles;
    private readonly FileTree _projectFiles;
    private readonly FileTree _jobFiles;
    private readonly Registry _registry;
    private readonly Background _background;
    private readonly Transcripts _transcripts;
    private readonly SightingFactory _sightings = new();

    public ClaudeCodeAdapter(AgentEnvironment environment)
        : this(environment, ReadMachineId())
    {
    }

    internal ClaudeCodeAdapter(AgentEnvironment environment, string? machineId)
    {
        _environment = environment;
        _places = new ClaudePlaces(environment);
        _machineId = machineId;
        _sessionFiles = new FileTree(_places.Sessions, static name => name.EndsWith(".json", StringComparison.Ordinal), 1);
        _projectFiles = new FileTree(_places.Projects, ClaudePlaces.IsTranscript, 2);
        _jobFiles = new FileTree(_places.Jobs, static name => name == "state.json", 2);
        _registry = new Registry(_places);
        _background = new Background(_places, _jobFiles);
        _transcripts = new Transcripts(_places, _projectFiles);
    }

    public string Id => AdapterId;

    public Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken) =>
        Task.Run(() => IsThere() ? DiscoverNow(context, cancellationToken) : AdapterAnswer.Nothing, cancellationToken);

    public Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken) => Task.Run<IReadOnlyCollection<SessionName>>(() =>
    {
        if (!IsThere())
        {
            return [];
        }

        var ids = _transcripts.Ids(cancellationToken).ToHashSet();
        ids.UnionWith(_registry.Look(cancellationToken).Entries.Select(static entry => entry.SessionId!));
        return [.. ids.Select(static id => new SessionName(id, id))];
    }, cancellationToken);

    public Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken) => Task.Run(() =>
    {
        if (!IsThere())
        {
            return null;
        }

        var look = new Look(_registry.Look(cancellationToken), _background.Look(context.Processes, cancellationToken), context.Processes, _machineId);
        var problems = new List<string>();
        return See(id, look, problems, out _) ?? (problems.Count > 0 ? throw new CannotLookException(string.Join("; ", problems)) : null);
    }, cancellationToken);

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(string id, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await Task.Run(() => Locate(id, cancellationToken), cancellationToken);
        if (file is null)
        {
            yield break;
        }

        foreach (var entry in TranscriptEntries.Read(file.Value.Path, range, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken) => Task.Run(
        () => Locate(id, cancellationToken) is { } file ? TokenCount.Of(file.Path, cancellationToken) : null, cancellationToken);

    public IDisposable Watch(Action changed) => new Watches([_sessionFiles.Watch(changed), _projectFiles.Watch(changed), _jobFiles.Watch(changed)]);

    public string? WhyNotTold() => _projectFiles.WhyNotWatched() ?? _sessionFiles.WhyNotWatched() ?? _jobFiles.WhyNotWatched();

    public Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.Run(
        () => new ClaudeDiagnosis(_environment, _places, _registry, _transcripts, _jobFiles, _machineId).Make(ProcessTable.Take(), cancellationToken), cancellationToken);

    public void Dispose()
    {
        _sessionFiles.Dispose();
        _projectFiles.Dispose();
        _jobFiles.Dispose();
    }

    private AdapterAnswer DiscoverNow(DiscoveryContext context, CancellationToken cancellationToken)
    {
        var registry = _registry.Look(cancellationToken);
        var background = _background.Look(context.Processes, cancellationToken);
        var look = new Look(registry, background, context.Processes, _machineId);
        var problems = new List<string>([.. registry.Problems, .. background.Problems]);
        var sightings = new Dictionary<string, Sighting>();

        foreach (var id in look.Named)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (context.Reach == Reach.Active && !look.MayBeAlive(id))
            {
                continue;
            }

            if (See(id, look, problems, out var changedAt) is { } sighting && (IsHeld(sighting) || (context.Reach == Reach.All && changedAt >= context.Since)))
            {
                sightings[id] = sighting;
            }
        }

        _sightings.Keep(look.Named);
        var all = sightings.Values.ToList();
        var unread = 0;
        if (context.Reach == Reach.All)
        {
            foreach (var transcript in _transcripts.Since(context.Since, context.Reading, () => unread++, problems, cancellationToken))
            {
                if (!look.Named.Contains(transcript.SessionId))
                {
                    // Nothing but its file tells of it, and of that file the sighting is already made.
                    all.Add((look.Unreadable is null ? transcript.KnownUnheld : null) ?? See(transcript.SessionId, look, transcript));
                }
            }
        }

        return new AdapterAnswer(all, [.. problems.Distinct()], []) { Unread = unread };
    }

    /// <summary>One session, from all that tells of it; null when nothing does.</summary>
    /// <param name="changedAt">When its record last changed.</param>
    private Sighting? See(string id, Look look, List<string> problems, out DateTimeOffset changedAt)
    {
        var cwd = look.Entries[id].FirstOrDefault()?.Cwd ?? look.Background.Jobs.GetValueOrDefault(id)?.Cwd;
        var transcript = _transcripts.Of(id, cwd, problems);
        changedAt = new[] { transcript?.File.ModifiedAt, look.Entries[id].Max(static e => (DateTimeOffset?)e.ObservedAt), look.Background.Jobs.GetValueOrDefault(id)?.ObservedAt }.Max() ?? default;
        return transcript is not null || look.Named.Contains(id) ? See(id, look, transcript) : null;
    }

    private Sighting See(string id, Look look, Transcript? transcript)
    {
        var standing = look.Of(id, _places, transcript);
        return _sightings.Make(id, standing, standing.Facts(look.Processes, look.Unreadable), transcript);
    }

    private static bool IsHeld(Sighting sighting) => sighting.Facts.Holder is not (Holder.Gone or Holder.None);

    private FileEntry? Locate(string id, CancellationToken cancellationToken)
    {
        if (!IsThere())
        {
            return null;
        }

        try
        {
            return _transcripts.Locate(id, _registry.Look(cancellationToken).Entries.FirstOrDefault(entry => entry.SessionId == id)?.Cwd);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CannotLookException($"{_places.Show(_places.Projects)}, where Claude Code keeps its transcripts, cannot be searched: {exception.Message.TrimEnd('.')}. Check its owner and mode.", exception);
        }
    }

    /// <summary>Whether Claude Code ever ran here.</summary>
    /// <exception cref="CannotLookException">Its directory is there and cannot be read.</exception>
    private bool IsThere()
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(_places.Root).GetEnumerator();
            entries.MoveNext();
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CannotLookException($"{_places.Show(_places.Root)}, the directory of Claude Code, cannot be read: {exception.Message.TrimEnd('.')}. Check its owner and mode, or CLAUDE_CONFIG_DIR.", exception);
        }
    }

    /// <summary>Claude names machines by it; one without (some containers) takes part by its pid namespace alone.</summary>
    private static string? ReadMachineId()
    {
        try
        {
            return NativeFile.ReadSmall("/etc/machine-id", 4096) is { } content && Encoding.ASCII.GetString(content).Trim() is { Length: > 0 } id ? id : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class Watches(IReadOnlyList<IDisposable> parts) : IDisposable
    {
        public void Dispose()
        {
            foreach (var part in parts)
            {
                part.Dispose();
            }
        }
    }
}
