using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl worktree</c>: the trees that launches made, and their end (docs/guide/many-at-once.md).</summary>
internal static class WorktreeCommand
{
    public static Command Create(Surroundings around)
    {
        var command = new Command("worktree", "See and take away the trees that launches work in.") { List(around), Clean(around) };
        return command.WithExamples(
            ("agentctl worktree list", "the trees of this repository: whose, in which state, merged or not"),
            ("agentctl worktree clean --merged --dry-run", "what could go"));
    }

    private static Command List(Surroundings around)
    {
        var repository = new Argument<string>("repo") { Description = "A directory of the repository (default: this one).", DefaultValueFactory = static _ => "." };
        var json = CommonOptions.Json();
        var command = new Command("list", "Show every tree of a repository.") { repository, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
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
        return command.WithExamples(("agentctl worktree list ~/shop", "of another repository"));
    }

    private static Command Clean(Surroundings around)
    {
        var targets = new Argument<string[]>("what") { Description = "A tree's path, a group, or a session that worked there.", Arity = ArgumentArity.ZeroOrMore };
        var merged = new Option<bool>("--merged") { Description = "Every tree of ours that holds nothing that is not elsewhere: merged, squashed, or without a commit of its own." };
        var repository = new Option<string>("--repo") { Description = "A directory of the repository (default: this one).", HelpName = "dir", DefaultValueFactory = static _ => "." };
        var yes = new Option<string[]>("--yes", "-y") { Description = "Take it away although it is dirty, unmerged, in-use or not-ours: one --yes for each reason.", HelpName = "reason", Arity = ArgumentArity.OneOrMore };
        yes.OneOf([.. KeepReasons.All]);
        var deleteBranch = new Option<bool>("--delete-branch") { Description = "Delete its branch too." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would go, and what keeps the others." };
        var json = CommonOptions.Json();
        var command = new Command("clean", "Take trees away, if nothing is lost by it.") { targets, merged, repository, yes, deleteBranch, dryRun, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var named = parse.GetValue(targets) ?? [];
            if (named.Length == 0 != parse.GetValue(merged))
            {
                throw new UsageException(named.Length == 0
                    ? "Say what to take away: agentctl worktree clean PATH, GROUP or SESSION, or --merged."
                    : "--merged means every merged tree; leave the names out, or --merged.");
            }

            var order = new CleanOrder(
                parse.GetValue(repository)!, named, parse.GetValue(merged), parse.GetValue(yes) ?? [], parse.GetValue(deleteBranch), parse.GetValue(dryRun));
            return await Execute(around, order, parse.GetValue(json), cancellationToken);
        });
        return command.WithExamples(
            ("agentctl worktree clean g-1a2b3c --delete-branch", "the trees of a group"),
            ("agentctl worktree clean ../shop-fix --yes dirty", "although something in it is not committed"),
            ("agentctl worktree clean --merged", "all that hold nothing any more"));
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
