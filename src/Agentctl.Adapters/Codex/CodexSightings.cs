using System.Collections.Concurrent;
using Agentctl.Core;

namespace Agentctl.Adapters.Codex;

/// <summary>What a sighting is made of besides the rollout; equal inputs give the same instance again.</summary>
internal sealed record SightingInputs(
    Rollout? Rollout, Holder? Holder, Evidence? HolderEvidence, ProcessIdentity? Process, bool IsDaemon, bool HasTerminal,
    string? Title, NewestTurn? Turn, string TurnSource);

/// <summary>Makes sightings and gives the same instance again as long as nothing it was made from has changed.</summary>
internal sealed class CodexSightings(string adapter, CodexPlaces places)
{
    private readonly ConcurrentDictionary<string, (SightingInputs Inputs, Sighting Sighting)> known = new(StringComparer.Ordinal);

    public Sighting Of(
        string id, Rollout? rollout, ThreadHolder? holder, CodexDaemon? daemon, string? title, NewestTurn? turn, string turnSource, IProcessTable processes)
    {
        // Most threads of a long list: nobody holds them and nothing changed.
        if (holder is null && known.TryGetValue(id, out var rested) && rested.Inputs is { Holder: null } before
            && ReferenceEquals(before.Rollout, rollout) && before.Title == title && before.Turn == turn)
        {
            return rested.Sighting;
        }

        var isDaemon = holder?.Process is { } process && daemon is { } it && it.Is(process);
        var inputs = new SightingInputs(
            rollout, holder?.Holder, holder?.Evidence, holder?.Process?.Identity, isDaemon, holder?.Process?.TerminalDevice > 0, title, turn, turnSource);
        if (known.TryGetValue(id, out var same) && Same(same.Inputs, inputs))
        {
            return same.Sighting;
        }

        var shown = places.Shown(rollout?.File.Path ?? holder?.Lock ?? "");
        var facts = CodexFacts.Of(holder, daemon, rollout, shown, turn, turnSource, processes.PidNamespace);
        var sighting = Make(id, rollout, facts, inputs);
        known[id] = (inputs, sighting);
        return sighting;
    }

    /// <summary>Forgets threads that were not asked for any more.</summary>
    public void Keep(IReadOnlySet<string> ids)
    {
        foreach (var id in known.Keys.Where(id => !ids.Contains(id)))
        {
            known.TryRemove(id, out _);
        }
    }

    public int Count => known.Count;

    private static bool Same(SightingInputs left, SightingInputs right) =>
        ReferenceEquals(left.Rollout, right.Rollout) && left with { Rollout = null } == right with { Rollout = null };

    private Sighting Make(string id, Rollout? rollout, Facts facts, SightingInputs inputs)
    {
        var head = rollout?.Head;
        var tail = rollout?.Tail;
        var isHeld = facts.Holder == Holder.Process;
        return new Sighting
        {
            Adapter = adapter,
            Id = id,
            Facts = facts,
            Owner = isHeld ? OwnerOf(head, inputs) : Owner.Unknown,
            StartedAt = head?.StartedAt ?? RolloutName.MadeAt(id),
            StoppedAt = !isHeld && facts.Signal is Signal.Done or Signal.Aborted or Signal.Failed ? inputs.Turn?.At : null,
            LastActivityAt = tail?.LastAt ?? rollout?.File.ModifiedAt ?? inputs.HolderEvidence?.ObservedAt,
            Cwd = rollout?.Cwd,
            Model = tail?.Model ?? head?.Model,
            Prompt = head?.Prompt,
            Tokens = head?.Own(tail?.Tokens),
            Meta = Meta(rollout, inputs.Title),
        };
    }

    /// <summary>
    /// The daemon where it is the holder; an editor where the thread was made for one; else the terminal the process has.
    /// Threads of the terminal interface carry source "vscode" too: only their originator tells them apart.
    /// </summary>
    private static Owner OwnerOf(RolloutHead? head, SightingInputs inputs) =>
        inputs.IsDaemon ? Owner.CodexDaemon
        : head is { Source: "vscode", Originator: not ("codex-tui" or "codex_exec" or "codex_cli_rs") } ? Owner.Ide
        : inputs.HasTerminal ? Owner.Terminal
        : Owner.Unknown;

    /// <summary><c>tui</c>, <c>exec</c>, <c>subagent</c>, or the source as Codex wrote it.</summary>
    private static string? KindOf(RolloutHead head) => head is { Originator: "codex-tui", Source: "vscode" or "cli" } ? "tui" : head.Source;

    private static IReadOnlyDictionary<string, string> Meta(Rollout? rollout, string? title)
    {
        var meta = new Dictionary<string, string>();
        Add("title", title);
        Add("kind", rollout is null ? null : KindOf(rollout.Head));
        Add("agent", rollout?.Head.AgentName);
        Add("originator", rollout?.Head.Originator);
        Add("version", rollout?.Head.Version);
        Add("parent", rollout?.Head.Parent);
        Add("archived", rollout is { IsArchived: true } ? "true" : null);
        Add("compressed", rollout is { IsCompressed: true } ? "true" : null);
        return meta.Count == 0 ? Sighting.NoMeta : meta;

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                meta[key] = value;
            }
        }
    }
}
