using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Which session is meant: by a reference, or by agent, directory and name; and the making of it.</summary>
internal sealed partial class Conversations
{
    /// <summary>The session of a reference; null with the problem.</summary>
    public AcpRecord? Find(string reference, out ApiReply problem)
    {
        problem = default;
        if (store.Find(reference) is { } exact)
        {
            return exact;
        }

        var slash = reference.IndexOf('/');
        var (adapter, text) = slash > 0 ? (reference[..slash], reference[(slash + 1)..]) : (null, reference);
        text = text.TrimStart('@');
        var meant = text.Length == 0 ? [] : store.All([]).Where(record => (adapter is null || record.Adapter == adapter || record.Agent == adapter)
            && (record.Name == text || record.LaunchId == text || record.Id.StartsWith(text, StringComparison.Ordinal)
                || record.SessionId?.StartsWith(text, StringComparison.Ordinal) == true || record.EarlierSessionIds.Contains(text))).ToList();
        if (meant.Count > 1)
        {
            // A name may have been used before: the open one is meant.
            var open = meant.Where(static record => !record.Closed).ToList();
            meant = open.Count == 1 ? open : meant;
        }

        switch (meant.Count)
        {
            case 1:
                return meant[0];
            case 0:
                problem = Replies.Problem(new ProblemDocument("/problems/not-found", "No such session", 404, $"There is no ACP session {reference}. See what there is: agentctl sessions list --all"));
                return null;
            default:
                problem = Replies.Problem(new ProblemDocument("/problems/ambiguous", "Ambiguous", 409, reference, Candidates: [.. meant.Select(static record => $"{NameOf(record)} ({record.Id})")]));
                return null;
        }
    }

    /// <summary>The session that a launch serves, while it lives.</summary>
    public AcpRecord? OfLaunch(string launchId) => launches.Find(launchId)?.Record.Conversation is { } id ? store.Find(id) : null;

    private (AcpRecord? Record, ApiReply? Problem) Target(PromptOrder order)
    {
        if (order.Exec is { } exec)
        {
            // Made already by a daemon that could not say so any more.
            if (order.Id is { } id && store.Find(id) is { } there)
            {
                return there.IsOneShot ? (there, null) : (null, Replies.Refused("/problems/refused", $"{id} is another session."));
            }

            var (made, wrong, _, _) = Prepare(exec with { Mode = AcpModes.OneShot, ModeId = order.Mode ?? exec.ModeId, Ensure = false }, order.Id ?? LaunchId.New());
            return (made, wrong);
        }

        if (order.Session is { } reference)
        {
            var found = Find(reference, out var unknown);
            return (found, found is null ? unknown : null);
        }

        var scope = order.Scope ?? new AcpSessionOrder();
        if (KindOfOrder(scope, out var problem) is not { } kind || DirectoryOf(scope, out problem) is not { } cwd)
        {
            return (null, problem);
        }

        return InScope(kind.Name, cwd, scope.Name) is { } record ? (record, null)
            : (null, Replies.Problem(new ProblemDocument(
                "/problems/not-found", "No session", 404,
                $"There is no open {kind.Name} session{(scope.Name is { } name ? $" named {name}" : "")} for {options.Environment.Tilde(cwd)}. To begin one: agentctl sessions new -a {kind.Name}{(scope.Name is { } wanted ? $" --name {wanted}" : "")}; for one answer: agentctl exec")));
    }

    private AcpAgent? KindOfOrder(AcpSessionOrder order, out ApiReply? problem)
    {
        var name = order.Agent ?? options.Config.Acp.Agent;
        problem = null;
        if (KindOf(name) is { } kind)
        {
            return kind;
        }

        problem = Replies.BadRequest($"There is no ACP agent {name}. Known: {string.Join(", ", AcpAgents.Names(options.Config.Acp.Agents))}. Your own: \"acp_agents\" in config.json.");
        return null;
    }

    private string? DirectoryOf(AcpSessionOrder order, out ApiReply? problem)
    {
        var said = order.Cwd ?? ".";
        problem = null;
        if (RealPath.TryResolve(options.Environment.FullPath(said)) is { } real && Directory.Exists(real))
        {
            return real;
        }

        problem = Replies.BadRequest($"There is no directory {said}.");
        return null;
    }

    /// <summary>The open session of this directory or the nearest one above it, up to the root of the repository.</summary>
    private AcpRecord? InScope(string agent, string cwd, string? name)
    {
        var processes = ProcessTable.Take();
        var root = RepositoryOf(cwd);
        for (var at = cwd; at is not null; at = at == root || root is null ? null : Path.GetDirectoryName(at))
        {
            if (store.OfScope(agent, at, name) is { } record && !Describe(record, processes).Closed)
            {
                return record;
            }
        }

        return null;
    }

    private static string? RepositoryOf(string cwd)
    {
        for (var at = cwd; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git")))
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>A record that is there, or a new one; nothing is started.</summary>
    /// <param name="execId">For a session of one prompt: its id.</param>
    private (AcpRecord? Record, ApiReply? Problem, bool Created, string? Replaced) Prepare(AcpSessionOrder order, string? execId = null)
    {
        if (KindOfOrder(order, out var problem) is not { } kind || DirectoryOf(order, out problem) is not { } cwd)
        {
            return (null, problem, false, null);
        }

        if ((AcpPolicy.Wrong(order.Policy)
            ?? (order.Mode is not (null or AcpModes.OneShot or AcpModes.Persistent) ? $"'mode' must be oneshot or persistent, not {order.Mode}." : null)
            ?? TimeLimit.Wrong("ttlSeconds", order.TtlSeconds, mayBeZero: true)) is { } wrong)
        {
            return (null, Replies.BadRequest(wrong), false, null);
        }

        var more = new List<string>();
        foreach (var directory in order.AdditionalDirectories ?? [])
        {
            if (RealPath.TryResolve(options.Environment.FullPath(directory)) is not { } real)
            {
                return (null, Replies.BadRequest($"There is no directory {directory}."), false, null);
            }

            more.Add(real);
        }

        using var turn = store.EnterScope();
        if (order.Ensure && InScope(kind.Name, cwd, order.Name) is { } open)
        {
            return (open, null, false, null);
        }

        var before = execId is not null ? null : store.OfScope(kind.Name, cwd, order.Name);
        if (before is not null && !Describe(before, ProcessTable.Take()).Closed)
        {
            // Its agent is let go by whoever drives it; the session of this scope is the new one from now on.
            Retire(before);
        }
        else
        {
            before = null;
        }

        var record = new AcpRecord
        {
            Id = execId ?? LaunchId.New(),
            Agent = kind.Name,
            Adapter = kind.Adapter,
            Cwd = cwd,
            Name = order.Name ?? (execId is null ? null : "exec"),
            Mode = order.Mode ?? AcpModes.Persistent,
            CreatedAt = options.Time.GetUtcNow(),
            SessionId = order.Resume,
            Model = order.Model,
            ModeId = order.ModeId,
            Options = order.Options ?? new Dictionary<string, string>(),
            Policy = new AcpPolicy { Mode = options.Config.Acp.Permissions, WhenAsked = options.Config.Acp.WhenAsked }.With(order.Policy),
            TtlSeconds = order.TtlSeconds ?? options.Config.Acp.TtlSeconds,
            AdditionalDirectories = more,
            NoFs = order.NoFs,
            NoTerminal = order.NoTerminal,
            Meta = order.Meta,
        };
        store.Create(record);
        return (record, null, true, before is null ? null : before.SessionId ?? before.Id);
    }

    /// <summary>Closes one that another takes the place of, without waiting for its agent's end.</summary>
    private void Retire(AcpRecord before)
    {
        using var driver = Drive(before);
        if (driver is null)
        {
            store.WantClosed(before.Id);

            // The process that drives it may leave without having seen that.
            AwaitFree(before.Id);
        }

        // Owned by the driver, which is awaited when this service is disposed.
        _ = driver?.Conversation.Close(CancellationToken.None);
    }

    /// <summary>A session that never was: its agent could not be started, and who asked was told.</summary>
    private async Task Undo(AcpRecord record, CancellationToken cancellationToken)
    {
        if (driven.TryGetValue(record.Id, out var driver))
        {
            await driver.Running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        store.Remove(record);
    }
}
