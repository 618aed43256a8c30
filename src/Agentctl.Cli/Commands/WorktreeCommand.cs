using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl worktree</c>: lists, removes and restores the worktrees of launches (docs/guide/many-at-once.md).</summary>
internal static class WorktreeCommand
{
    public static Command Create(Surroundings around)
    {
        var command = new Command("worktree", "List, clean up and restore the worktrees that launches work in.") { List(around), Clean(around), Restore(around) };
        return command.WithExamples(
            ("agentctl worktree list", "the worktrees of this repository: whose, in which state, merged or not"),
            ("agentctl worktree clean --merged --dry-run", "what would be removed"),
            ("agentctl worktree restore ../shop-fix", "bring a removed worktree back"));
    }

    private static Command List(Surroundings around)
    {
        var repository = new Argument<string>("repo") { Description = "A directory of the repository (default: this one).", DefaultValueFactory = static _ => "." };
        var removed = new Option<bool>("--removed") { Description = "List the worktrees that were removed in the last 7 days, of every repository." };
        var json = CommonOptions.Json();
        var command = new Command("list", "List the worktrees of a repository.") { repository, removed, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (parse.GetValue(removed))
            {
                return await ListRemoved(around, parse.GetValue(json));
            }

            var reply = await around.Own().ListWorktrees(parse.GetRequiredValue(repository), cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            var trees = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.WorktreesDocument)!;
            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.ArrayOf(trees.Worktrees, ApiJson.Readable.WorktreeRow).Span);
                return ExitCode.Done;
            }

            var page = new Page();
            WorktreeTable.Write(page, trees.Worktrees, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(
            ("agentctl worktree list ~/shop", "of another repository"),
            ("agentctl worktree list --removed", "what can be restored"));
    }

    private static async Task<int> ListRemoved(Surroundings around, bool isJson)
    {
        var reply = await around.Own().RemovedWorktrees();
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var document = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.RemovedWorktreesDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.ArrayOf(document.Removed, ApiJson.Readable.RemovedWorktreeRow).Span);
        }
        else
        {
            var page = new Page();
            RemovedWorktreeTable.Write(page, document.Removed, around.Look());
            around.Terminal.Write(page);
        }

        foreach (var problem in document.Problems)
        {
            around.Terminal.Note(PlainText.OneLine(problem));
        }

        return document.Problems.Count > 0 ? ExitCode.Partial : ExitCode.Done;
    }

    private static Command Restore(Surroundings around)
    {
        var target = new Argument<string>("what") { Description = "The id or the path of a removed worktree (agentctl worktree list --removed)." };
        var json = CommonOptions.Json();
        var command = new Command("restore", "Bring back a worktree that clean removed, with its branch.") { target, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var reply = await around.Own().RestoreWorktree(parse.GetRequiredValue(target), cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
                return ExitCode.Done;
            }

            var restored = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.RestoredDocument)!;
            var branch = restored.Branch is null || restored.Note is not null ? "" : $"  ({restored.Branch}{(restored.BranchCreated ? ", branch created again" : "")})";
            around.Terminal.Write(new Page().Append($"Restored  {around.Environment.Tilde(restored.Path)}{branch}\n"));
            if (restored.Note is { } note)
            {
                around.Terminal.Note(PlainText.OneLine(note));
            }

            return ExitCode.Done;
        });
        return command.WithExamples(
            ("agentctl worktree restore ../shop-fix", "the newest that was removed from there"),
            ("agentctl worktree restore w-1a2b3c4d", "by its id"));
    }

    private static Command Clean(Surroundings around)
    {
        var targets = new Argument<string[]>("what") { Description = "A tree's path, a group, or a session that worked there.", Arity = ArgumentArity.ZeroOrMore };
        var merged = new Option<bool>("--merged") { Description = "Every worktree made by agentctl whose commits are elsewhere: merged, squashed, or none of its own." };
        var repository = new Option<string>("--repo") { Description = "A directory of the repository (default: this one).", HelpName = "dir", DefaultValueFactory = static _ => "." };
        var yes = new Option<string[]>("--yes", "-y")
        {
            Description = $"Remove it although a reason keeps it, one --yes for each: {string.Join(", ", KeepReasons.Consentable)}.", HelpName = "reason", Arity = ArgumentArity.OneOrMore,
        };
        yes.CompletionSources.Add([.. KeepReasons.Consentable]);
        var deleteBranch = new Option<bool>("--delete-branch") { Description = "Delete its branch too." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be removed, and what keeps the others." };
        var json = CommonOptions.Json();
        var command = new Command("clean", "Remove worktrees whose work is elsewhere. They can be restored for 7 days.") { targets, merged, repository, yes, deleteBranch, dryRun, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var named = parse.GetValue(targets) ?? [];
            if (named.Length == 0 != parse.GetValue(merged))
            {
                throw new UsageException(named.Length == 0
                    ? "Name what to remove: agentctl worktree clean PATH, GROUP or SESSION, or --merged."
                    : "--merged means every merged tree; leave the names out, or --merged.");
            }

            if ((parse.GetValue(yes) ?? []).FirstOrDefault(static reason => !KeepReasons.Consentable.Contains(reason)) is { } unknown)
            {
                throw new UsageException(unknown switch
                {
                    KeepReasons.InUse => "No option removes a worktree in use. Stop what works in it (agentctl stop), then clean it.",
                    KeepReasons.Uninspected => "No option removes a worktree that could not be inspected. Fix the cause that clean names, then try again.",
                    _ => $"'{PlainText.OneLine(unknown)}' is not a reason. Reasons that --yes takes: {string.Join(", ", KeepReasons.Consentable)}.",
                });
            }

            var order = new CleanOrder(
                parse.GetValue(repository)!, named, parse.GetValue(merged), parse.GetValue(yes) ?? [], parse.GetValue(deleteBranch), parse.GetValue(dryRun));
            return await Execute(around, order, parse.GetValue(json), cancellationToken);
        });
        return command.WithExamples(
            ("agentctl worktree clean g-1a2b3c --delete-branch", "the worktrees of a group"),
            ("agentctl worktree clean ../shop-fix --yes dirty", "although something in it is not committed"),
            ("agentctl worktree clean --merged", "all whose work is elsewhere"));
    }

    private static async Task<int> Execute(Surroundings around, CleanOrder order, bool isJson, CancellationToken cancellationToken)
    {
        var reply = await around.Own().CleanWorktrees(order, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var cleaned = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.CleanDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }
        else
        {
            var page = new Page();
            CleanPage.Write(page, cleaned, around.Look());
            around.Terminal.Write(page);
            if (cleaned.Results.Count == 0)
            {
                around.Terminal.Note("No tree that agentctl made is merged here.");
            }
        }

        return cleaned.Results.Select(static result => result.Outcome switch
        {
            "removed" or "would-remove" => ExitCode.Done,
            "refused" => ExitCode.Refused,
            _ => ExitCode.Failed,
        }).DefaultIfEmpty(ExitCode.Done).Max();
    }
}
