using System.Text.Json;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Launches that belong together, each in a worktree of its own. Everything that can be wrong is found out before the first tree is
/// made, and every tree is there before the first agent starts; what stops it in between takes the trees back.
/// </summary>
internal sealed class LaunchingMany(
    SessionServiceOptions options, LaunchStore store, Launching launching, Launcher launcher, WorktreeQuarantine quarantine, Func<CancellationToken, Task<IReadOnlySet<string>>> knownGroups)
{
    /// <summary>Planning and making of trees by two commands at once would plan the same places.</summary>
    private string TurnPath => Path.Combine(store.Places.Home, "worktrees.lock");

    /// <param name="told">Receives each step, one line.</param>
    /// <returns>A <see cref="ManyDocument"/> when at least one agent could be started; else why nothing was done.</returns>
    public async Task<ApiReply> Launch(ManyOrder order, Action<string> told, CancellationToken cancellationToken)
    {
        if (Git.Find(options.Environment) is not { } git)
        {
            return Replies.Failed("git was not found on PATH, and worktrees need it.");
        }

        var making = new WorktreeMaking(git, quarantine, options.Time);
        IReadOnlyList<Slot> slots;
        string? group;
        using (await Turn(cancellationToken).ConfigureAwait(false))
        {
            group = order.Group ?? (order.Slots.Count > 1 ? SlotNames.NewGroup((await knownGroups(cancellationToken).ConfigureAwait(false)).Contains) : null);
            var planned = await Plan(order, group, making, cancellationToken).ConfigureAwait(false);
            if (planned.Problem is { } problem)
            {
                return problem;
            }

            slots = planned.Slots;
            if (!slots[0].Order.Queue && await launcher.WouldRefuse([.. slots.Select(static slot => slot.Ready.Request)], cancellationToken).ConfigureAwait(false) is { } refused)
            {
                return Replies.Refused(Launching.ProblemOf(refused.Why), Several(slots, refused.Index, refused.Why.Message));
            }

            if (await Make(slots, making, told, cancellationToken).ConfigureAwait(false) is { } failed)
            {
                return failed;
            }
        }

        if (await SetUp(slots, git, making, told, cancellationToken).ConfigureAwait(false) is { } unready)
        {
            return unready;
        }

        var results = await Task.WhenAll(slots.Select(slot => Start(slot, making, cancellationToken))).ConfigureAwait(false);
        return Replies.Ok(new ManyDocument(group, results), ApiJson.Readable.ManyDocument);
    }

    private sealed record Slot(string Label, LaunchOrder Order, WorktreePlan Tree, Preparation.Ready Ready);

    private async Task<Lease> Turn(CancellationToken cancellationToken)
    {
        PrivateDirectory.Ensure(store.Places.Home);
        return await Lease.Take(TurnPath, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<Slot> Slots, ApiReply? Problem)> Plan(ManyOrder order, string? group, WorktreeMaking making, CancellationToken cancellationToken)
    {
        var labels = SlotNames.Suffixes([.. order.Slots.Select(slot => (launching.AdapterOf(slot.Launch), launching.ModelOf(slot.Launch)))]);
        var slots = new List<Slot>();
        for (var i = 0; i < order.Slots.Count; i++)
        {
            var (launch, branch, baseBranch, shares) = order.Slots[i];
            var named = branch is null ? SlotNames.Branch(group ?? "single", labels[i])
                : shares ? $"{branch}-{labels[i]}"
                : branch;
            var directory = options.Environment.FullPath(launch.Cwd ?? order.Repository);
            var trees = await making.Plan(new WorktreeWish(directory, named, baseBranch, group), [.. slots.Select(static slot => slot.Tree)], cancellationToken).ConfigureAwait(false);
            if (trees is WorktreeOutcome.Refused { Problem: var problem })
            {
                return ([], Replies.BadRequest(problem));
            }

            var tree = ((WorktreeOutcome.Planned)trees).Plan;
            var prepared = await launching.Prepare(launch with { Group = group, Branch = named, Cwd = null }, tree.Path, cancellationToken).ConfigureAwait(false);
            if (prepared is Preparation.NotNow { Problem: var wrong })
            {
                return ([], order.Slots.Count == 1 ? wrong : Named(wrong, $"{i + 1} of {order.Slots.Count}, {labels[i]}"));
            }

            slots.Add(new Slot(labels[i], launch, tree, (Preparation.Ready)prepared));
        }

        return (slots, null);
    }

    /// <summary>All of them, or none.</summary>
    private async Task<ApiReply?> Make(IReadOnlyList<Slot> slots, WorktreeMaking making, Action<string> told, CancellationToken cancellationToken)
    {
        var made = new List<WorktreePlan>();
        try
        {
            foreach (var slot in slots)
            {
                told($"worktree {made.Count + 1}/{slots.Count}  {options.Environment.Tilde(slot.Tree.Path)}  ({slot.Tree.Wish.Branch}{(slot.Tree.IsThere ? ", there already" : "")})");
                if (await making.Make(slot.Tree, cancellationToken).ConfigureAwait(false) is { } problem)
                {
                    await Undo(made, making).ConfigureAwait(false);
                    return Replies.Failed($"{problem} Nothing was launched, and no tree was left.");
                }

                made.Add(slot.Tree);
            }

            return null;
        }
        catch
        {
            await Undo(made, making).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<ApiReply?> SetUp(IReadOnlyList<Slot> slots, Git git, WorktreeMaking making, Action<string> told, CancellationToken cancellationToken)
    {
        var setup = new WorktreeSetup(git, options.Config.WorktreeCopy, options.Config.WorktreeSetup, options.Environment);
        if (setup.IsEmpty)
        {
            return null;
        }

        try
        {
            foreach (var slot in slots.Where(static slot => !slot.Tree.IsThere))
            {
                told($"set up  {options.Environment.Tilde(slot.Tree.Path)}");
                if (await setup.Run(slot.Tree, cancellationToken).ConfigureAwait(false) is { } problem)
                {
                    await Undo(slots.Select(static one => one.Tree), making).ConfigureAwait(false);
                    return Replies.Failed($"{problem} Nothing was launched, and no tree was left.");
                }
            }

            return null;
        }
        catch
        {
            await Undo(slots.Select(static one => one.Tree), making).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<SlotResult> Start(Slot slot, WorktreeMaking making, CancellationToken cancellationToken)
    {
        ApiReply reply;
        try
        {
            reply = await launching.Start(slot.Ready, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CannotLookException)
        {
            reply = Replies.Failed(failure.Message);
        }

        var result = new SlotResult(slot.Label, slot.Ready.Agent.Id, slot.Ready.Plan.Model, slot.Tree.Path, slot.Tree.Wish.Branch, null, null, slot.Tree.Notes);
        if (reply.IsOk)
        {
            return result with { Launched = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.LaunchedDocument) };
        }

        // Its tree was made for nothing.
        await making.Undo(slot.Tree).ConfigureAwait(false);
        return result with
        {
            Path = slot.Tree.IsThere ? slot.Tree.Path : null,
            Problem = Replies.DetailOf(reply),
        };
    }

    private static async Task Undo(IEnumerable<WorktreePlan> trees, WorktreeMaking making)
    {
        foreach (var tree in trees)
        {
            await making.Undo(tree).ConfigureAwait(false);
        }
    }

    private static string Several(IReadOnlyList<Slot> slots, int index, string why) =>
        slots.Count == 1 ? why : $"{index + 1} of {slots.Count}, {slots[index].Label}: {why}. Nothing was launched.";

    private static ApiReply Named(ApiReply problem, string which)
    {
        var said = JsonSerializer.Deserialize(problem.Body.Span, ApiJson.Default.ProblemDocument)!;
        return Replies.Problem(said with { Detail = $"{which}: {said.Detail} Nothing was launched." });
    }
}
