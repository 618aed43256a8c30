using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Many at once, each in a worktree of a real repository; and their end.</summary>
public sealed class WorktreeTests : BothWays
{
    private const string Agent = """
        #!/bin/bash
        echo "Session: s-$$-$RANDOM"
        [[ $1 == *fail* ]] && exit 3
        [[ $1 == *write* ]] && echo "$1 $2" > answer.txt
        [[ $1 == *stay* ]] && exec sleep 600
        exit 0
        """;

    private AgentctlCli agentctl = null!;

    private async Task<string> Repository(string name = "shop")
    {
        agentctl = Agentctl(withDaemon: false);
        var agent = Sandbox.HomeFile("bin/probe", Agent + "\n");
        File.SetUnixFileMode(agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Configure(agent);
        Sandbox.HomeFile(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n");
        var path = Sandbox.Folder(name);
        await Git(path, "init", "-q");
        await File.WriteAllTextAsync(Path.Combine(path, "a.txt"), "one\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(path, ".gitignore"), ".env\nbuild/\n", TestContext.Current.CancellationToken);
        await Git(path, "add", ".");
        await Git(path, "commit", "-qm", "one");
        return path;
    }

    private void Configure(string agent, string more = "") => Sandbox.HomeFile(".agentctl/config.json", $$"""
        { {{more}} "agents": { "probe": { "launch": ["{{agent}}", "{prompt}", "{model}"], "id": "Session: {id}" }, "ghost": { "launch": ["/no/such/program", "{prompt}"] } } }
        """);

    private async Task<string> Git(string directory, params string[] arguments)
    {
        var result = await Sandbox.Start(["git", "-C", directory, .. arguments]).Exit();
        Assert.True(result.ExitCode == 0, $"git {string.Join(' ', arguments)}: {result.Error}");
        return result.Output.Trim();
    }

    /// <summary>Everything that a launch may change in a repository.</summary>
    private async Task<string> State(string repository) =>
        await Git(repository, "worktree", "list", "--porcelain") + await Git(repository, "for-each-ref") + string.Join('\n', Directory.GetFileSystemEntries(Path.GetDirectoryName(repository)!).Order());

    private async Task<IReadOnlyList<JsonElement>> Trees(string repository)
    {
        var listed = await agentctl.Run("worktree", "list", repository, "--json");
        Assert.True(listed.ExitCode == 0, listed.Error);
        return [.. JsonDocument.Parse(listed.Output).RootElement.EnumerateArray()];
    }

    private static string Text(JsonElement row, string key) => row.TryGetProperty(key, out var value) ? value.ToString() : "";

    [Fact]
    public async Task Four_slots_are_launched_listed_waited_for_and_cleaned()
    {
        var repository = await Repository();
        var launched = await agentctl.Run("launch", "--adapter", "probe", "--model", "opus", "--adapter=probe", "--model", "x/gpt-5.2-codex", "--adapter", "probe", "--adapter", "probe", "-p", "write it", "--cwd", repository, "--wait", "--json");
        Assert.True(launched.ExitCode == 0, launched.Error);
        using var many = JsonDocument.Parse(launched.Output);
        var group = many.RootElement.GetProperty("group").GetString()!;
        Assert.Matches("^g-[0-9a-f]{6}$", group);
        var slots = many.RootElement.GetProperty("slots").EnumerateArray().ToList();
        Assert.Equal(["probe-opus", "probe-gpt5", "probe-default", "probe-default-2"], slots.Select(slot => Text(slot, "label")));
        Assert.Equal(slots.Select(slot => $"try/{group}/{Text(slot, "label")}"), slots.Select(slot => Text(slot, "branch")));
        Assert.Equal(slots.Select(slot => $"{repository}-try-{group}-{Text(slot, "label")}"), slots.Select(slot => Text(slot, "path")));
        Assert.Contains("worktree 4/4", launched.Error, StringComparison.Ordinal);
        Assert.Equal("write it opus", (await File.ReadAllTextAsync(Path.Combine(Text(slots[0], "path"), "answer.txt"), TestContext.Current.CancellationToken)).Trim());

        using var rows = JsonDocument.Parse((await agentctl.Run("list", "-a", "--group", group, "--json")).Output);
        Assert.Equal(4, rows.RootElement.GetArrayLength());
        var trees = await Trees(repository);
        Assert.Equal(5, trees.Count);
        Assert.All(trees.Skip(1), tree => Assert.Equal((group, "stopped", "1", "nothing-new", "True"), (Text(tree, "group"), Text(tree, "status"), Text(tree, "dirty"), Text(tree, "merged"), Text(tree, "ours"))));

        var kept = await agentctl.Run("worktree", "clean", group, "--repo", repository);
        Assert.Equal(5, kept.ExitCode);
        Assert.Contains("dirty: 1 file is changed or new, and not committed", kept.Output, StringComparison.Ordinal);
        Assert.Equal(5, (await Trees(repository)).Count);
        var cleaned = await agentctl.Run("worktree", "clean", group, "--repo", repository, "--yes", "dirty", "--delete-branch");
        Assert.True(cleaned.ExitCode == 0, cleaned.Output);
        Assert.Single(await Trees(repository));
        Assert.Equal("refs/heads/main", await Git(repository, "for-each-ref", "--format=%(refname)", "refs/heads"));
    }

    [Fact]
    public async Task W38_matrix_with_a_missing_program_in_its_third_entry_changes_nothing()
    {
        var repository = await Repository();
        var matrix = Path.Combine(Sandbox.Home, "sweep.yaml");
        await File.WriteAllTextAsync(matrix, $"prompt: do it\ncwd: {repository}\nmatrix:\n  - adapter: probe\n    model: [a, b]\n  - adapter: ghost\n", TestContext.Current.CancellationToken);
        var before = await State(repository);
        var refused = await agentctl.Run("launch", "--matrix", matrix);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("3 of 3, ghost: /no/such/program", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await State(repository));
        Assert.Equal("[]\n", (await agentctl.Run("list", "-a", "--json")).Output);
    }

    [Theory]
    [InlineData("\"max_concurrent\": 2,", "max concurrent sessions reached", 5)]
    [InlineData("\"worktree_setup\": \"case $AGENTCTL_BRANCH in *b) echo no room; exit 7;; esac\",", "worktree_setup ended with code 7", 1)]
    [InlineData("\"lock_mode\": \"tree\",", "is in the way", 2)]
    public async Task W38_what_stops_one_before_the_first_agent_stops_all_and_leaves_nothing(string config, string problem, int code)
    {
        var repository = await Repository();
        Configure(Path.Combine(Sandbox.Home, "bin/probe"), config);
        var matrix = Path.Combine(Sandbox.Home, "sweep.yaml");
        var third = code == 2 ? "    branch: main/no\n" : "";
        await File.WriteAllTextAsync(matrix, $"prompt: do it\nmatrix:\n  - adapter: probe\n    model: [a, b]\n  - adapter: probe\n    model: c\n{third}", TestContext.Current.CancellationToken);
        var before = await State(repository);
        var refused = await agentctl.Run("launch", "--matrix", matrix, "--cwd", repository);
        Assert.Equal(code, refused.ExitCode);
        Assert.Contains(code == 2 ? "because there is a branch main" : problem, refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await State(repository));
        Assert.Equal("[]\n", (await agentctl.Run("list", "-a", "--json")).Output);
    }

    [Fact]
    public async Task Interrupted_while_trees_are_made_nothing_is_left()
    {
        var repository = await Repository();
        Configure(Path.Combine(Sandbox.Home, "bin/probe"), "\"worktree_setup\": \"touch ~/setting-up; sleep 600\",");
        var before = await State(repository);
        var launch = agentctl.Start("launch", "--adapter", "probe", "--model", "a", "--adapter", "probe", "--model", "b", "-p", "x", "--cwd", repository);
        await Eventually.True("the set-up", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(Sandbox.Home, "setting-up")));
        await Signals.Send("INT", Assert.Single(Sandbox.Living(), process => process.Comm == "agentctl"));
        Assert.Equal(130, (await launch.Exit()).ExitCode);
        Assert.Equal(before, await State(repository));
        await Eventually.True("nothing to live", RealProcess.UsualDeadline, () => Sandbox.Living().Count == 0);
    }

    [Fact]
    public async Task Slot_that_fails_is_told_and_the_exit_code_says_so()
    {
        var repository = await Repository();
        var matrix = Path.Combine(Sandbox.Home, "sweep.yaml");
        await File.WriteAllTextAsync(matrix, "matrix:\n  - adapter: probe\n    prompt: [write, fail]\n", TestContext.Current.CancellationToken);
        var launched = await agentctl.Run("launch", "--matrix", matrix, "--cwd", repository, "--wait");
        Assert.Equal(1, launched.ExitCode);
        Assert.Contains("○ error (exit-3)", launched.Error, StringComparison.Ordinal);
        Assert.Contains("○ stopped (done)", launched.Error, StringComparison.Ordinal);

        // Whoever waits for the group later hears the same, although nobody of it lives any more.
        var group = launched.Output.Split("group: ")[1][..8];
        var waited = await agentctl.Run("wait", "--group", group);
        Assert.Equal(1, waited.ExitCode);
        Assert.Equal(["○ error (exit-3)", "○ stopped (done)"], waited.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("  ")[0]).Order());
        Assert.Equal(4, (await agentctl.Run("wait", "--group", "g-ffffff")).ExitCode);
    }

    [Fact]
    public async Task Ignored_files_are_copied_by_pattern_and_the_script_runs_with_what_is_documented()
    {
        var repository = await Repository();
        Sandbox.Variables["MY_TOKEN"] = "secret";
        Configure(Path.Combine(Sandbox.Home, "bin/probe"), "\"worktree_copy\": [\".env\", \"build/*.db\"], \"worktree_setup\": \"env > set-up.env\",");
        await File.WriteAllTextAsync(Path.Combine(repository, ".env"), "PORT=1\n", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(repository, "build"));
        await File.WriteAllTextAsync(Path.Combine(repository, "build", "local.db"), "data", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(repository, "build", "huge.o"), "object", TestContext.Current.CancellationToken);
        var launched = await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "feat/x", "-p", "x", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        Assert.StartsWith("Launched session s-", launched.Output, StringComparison.Ordinal);
        var tree = $"{repository}-feat-x";
        var session = JsonDocument.Parse((await agentctl.Quietly("list", "-a", "--json")).Output).RootElement[0].GetProperty("id").GetString()!;
        Assert.Equal(5, (await agentctl.Run("worktree", "clean", session)).ExitCode);
        Assert.True(File.Exists(Path.Combine(tree, ".env")) && File.Exists(Path.Combine(tree, "build", "local.db")) && !File.Exists(Path.Combine(tree, "build", "huge.o")));
        var seen = await File.ReadAllLinesAsync(Path.Combine(tree, "set-up.env"), TestContext.Current.CancellationToken);
        Assert.Contains("AGENTCTL_BRANCH=feat/x", seen);
        Assert.Contains($"AGENTCTL_REPOSITORY={repository}", seen);
        Assert.DoesNotContain(seen, line => line.StartsWith("MY_TOKEN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a shop with blanks")]
    [InlineData("läden-日本")]
    public async Task Blanks_and_letters_of_all_the_world_stand_in_paths(string name)
    {
        var repository = await Repository(name);
        var launched = await agentctl.Run("launch", "--adapter", "probe", "--model", "a", "--adapter", "probe", "--model", "b", "-p", "write", "--cwd", repository, "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        var trees = await Trees(repository);
        Assert.Equal(3, trees.Count);
        Assert.All(trees.Skip(1), tree => Assert.StartsWith(repository + "-try-", Text(tree, "path"), StringComparison.Ordinal));
        Assert.Equal(0, (await agentctl.Run("worktree", "clean", Text(trees[1], "path"), "--yes", "dirty")).ExitCode);
        Assert.False(Directory.Exists(Text(trees[1], "path")));
    }

    [Fact]
    public async Task Bare_and_detached_repositories_have_trees_too()
    {
        var source = await Repository();
        var bare = Path.Combine(Sandbox.Root, "store.git");
        await Git(source, "clone", "-q", "--bare", source, bare);
        var launched = await agentctl.Run("launch", "probe", "--worktree", bare, "--branch", "one", "-p", "write", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        Assert.True(File.Exists(Path.Combine(Sandbox.Root, "store-one", "answer.txt")));
        Assert.Equal(5, (await agentctl.Run("worktree", "clean", Path.Combine(Sandbox.Root, "store-one"))).ExitCode);
        Assert.Equal(0, (await agentctl.Run("worktree", "clean", Path.Combine(Sandbox.Root, "store-one"), "--yes", "dirty", "--delete-branch")).ExitCode);

        // The branch that a repository stands on is not deleted with a tree.
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", bare, "--branch", "main", "-p", "x", "--wait")).ExitCode);
        var own = await agentctl.Run("worktree", "clean", Path.Combine(Sandbox.Root, "store-main"), "--yes", "unmerged", "--delete-branch");
        Assert.True(own.ExitCode == 0, own.Output);
        Assert.Contains("main is the repository's own branch and stays", own.Output, StringComparison.Ordinal);
        Assert.Equal("main", await Git(bare, "branch", "--format=%(refname:short)"));

        await Git(source, "checkout", "-q", "--detach");
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", source, "--branch", "two", "-p", "x", "--wait")).ExitCode);
        Assert.Equal(await Git(source, "rev-parse", "HEAD"), await Git($"{source}-two", "rev-parse", "HEAD"));
    }

    [Fact]
    public async Task Submodules_do_not_keep_a_clean_tree_and_a_submodule_is_a_repository()
    {
        var library = await Repository("library");
        var shop = await Repository("shop");
        await Git(shop, "submodule", "add", "-q", library, "lib");
        await Git(shop, "commit", "-qm", "with a submodule");
        Configure(Path.Combine(Sandbox.Home, "bin/probe"), "\"worktree_setup\": \"git submodule update --init -q\",");
        var launched = await agentctl.Run("launch", "probe", "--worktree", shop, "--branch", "one", "-p", "x", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        Assert.True(File.Exists(Path.Combine($"{shop}-one", "lib", "a.txt")));
        Assert.Equal(0, (await agentctl.Run("worktree", "clean", $"{shop}-one")).ExitCode);
        Assert.False(Directory.Exists($"{shop}-one"));

        var inside = await agentctl.Run("launch", "probe", "--worktree", Path.Combine(shop, "lib"), "--branch", "deep", "-p", "x", "--wait");
        Assert.True(inside.ExitCode == 0, inside.Error);
        Assert.True(Directory.Exists(Path.Combine(shop, "lib-deep")));
    }

    [Fact]
    public async Task W39_branches_that_would_share_a_folder_do_not_and_a_tree_is_used_again_only_on_its_branch()
    {
        var repository = await Repository();
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "a/b", "-p", "x", "--wait")).ExitCode);
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "a-b", "-p", "x", "--wait")).ExitCode);
        Assert.Equal("a/b", await Git($"{repository}-a-b", "branch", "--show-current"));
        Assert.Equal("a-b", await Git($"{repository}-a-b-2", "branch", "--show-current"));

        // A folder that is there for something else is not touched.
        Sandbox.Folder("shop-plain");
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "plain", "-p", "x", "--wait")).ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries($"{repository}-plain"));
        Assert.Equal("plain", await Git($"{repository}-plain-2", "branch", "--show-current"));

        var again = await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "a/b", "-p", "x", "--wait");
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("there already", again.Error, StringComparison.Ordinal);
        var taken = await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "main", "-p", "x");
        Assert.Equal(2, taken.ExitCode);
        Assert.Contains("is checked out in", taken.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "..", "-p", "x")).ExitCode);
        Assert.Equal(2, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "n", "--base-branch", "nowhere", "-p", "x")).ExitCode);
        Assert.Equal(2, (await agentctl.Run("launch", "--adapter", "probe", "--adapter", "probe", "-p", "x", "--cwd", Sandbox.Home)).ExitCode);
    }

    [Fact]
    public async Task Base_branch_is_fetched_and_begun_at()
    {
        var origin = await Repository("origin");
        var shop = Path.Combine(Sandbox.Root, "shop");
        await Git(origin, "clone", "-q", origin, shop);
        await File.WriteAllTextAsync(Path.Combine(origin, "new.txt"), "new", TestContext.Current.CancellationToken);
        await Git(origin, "add", ".");
        await Git(origin, "commit", "-qm", "two");
        var launched = await agentctl.Run("launch", "probe", "--worktree", shop, "--branch", "fix", "--base-branch", "main", "-p", "x", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        Assert.True(File.Exists(Path.Combine($"{shop}-fix", "new.txt")));

        // The remote is gone: what is known of it is used, and that is said.
        Directory.Move(origin, origin + ".away");
        var offline = await agentctl.Run("launch", "probe", "--worktree", shop, "--branch", "fix2", "--base-branch", "main", "-p", "x", "--wait");
        Assert.True(offline.ExitCode == 0, offline.Error);
        Assert.Contains("could not be fetched", offline.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task W5_clean_keeps_what_is_dirty_unmerged_in_use_or_not_ours_and_says_why()
    {
        var repository = await Repository();
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "work", "-p", "stay")).ExitCode);
        var tree = $"{repository}-work";
        await File.WriteAllTextAsync(Path.Combine(tree, "b.txt"), "b", TestContext.Current.CancellationToken);
        await Git(tree, "add", ".");
        await Git(tree, "commit", "-qm", "b");
        await File.WriteAllTextAsync(Path.Combine(tree, "c.txt"), "c", TestContext.Current.CancellationToken);
        await Git(repository, "worktree", "add", "-q", "-b", "mine", $"{repository}-mine");

        var kept = await agentctl.Run("worktree", "clean", tree, "--json");
        Assert.Equal(5, kept.ExitCode);
        using var result = JsonDocument.Parse(kept.Output);
        Assert.Equal(["dirty", "unmerged", "in-use"], result.RootElement.GetProperty("results")[0].GetProperty("keeps").EnumerateArray().Select(keep => Text(keep, "reason")));
        Assert.Equal(5, (await agentctl.Run("worktree", "clean", tree, "--yes", "dirty", "--yes", "unmerged")).ExitCode);
        var notOurs = await agentctl.Run("worktree", "clean", $"{repository}-mine");
        Assert.Equal(5, notOurs.ExitCode);
        Assert.Contains("not-ours: agentctl did not make it", notOurs.Output, StringComparison.Ordinal);
        Assert.Equal(5, (await agentctl.Run("worktree", "clean", repository)).ExitCode);
        Assert.Equal(4, (await agentctl.Run("worktree", "clean", "g-ffffff", "--repo", repository)).ExitCode);
        Assert.Equal(2, (await agentctl.Run("worktree", "clean", Sandbox.Folder("plain"))).ExitCode);
        Assert.True(File.Exists(Path.Combine(tree, "c.txt")) && Directory.Exists($"{repository}-mine"));

        // Consent lifts every reason except that somebody is in it.
        var dry = await agentctl.Run("worktree", "clean", tree, "--dry-run", "--yes", "dirty", "--yes", "unmerged");
        Assert.Equal(5, dry.ExitCode);
        Assert.Matches(@"in-use: session probe/\S+ works there; pid \d+ \(sleep\) is in it\n  No option overrides a tree in use", dry.Output);
        Assert.Equal(0, (await agentctl.Run("stop", "--all")).ExitCode);
        var removed = await agentctl.Run("worktree", "clean", tree, "--yes", "dirty", "--yes", "unmerged");
        Assert.True(removed.ExitCode == 0, removed.Output);
        Assert.False(Directory.Exists(tree));
        Assert.Contains("work", await Git(repository, "branch", "--list", "work"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge", "merged")]
    [InlineData("squash", "squashed")]
    [InlineData("rebase", "squashed")]
    [InlineData("nothing", "unmerged")]
    public async Task Merged_is_seen_however_it_was_merged(string how, string word)
    {
        var repository = await Repository();
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "work", "-p", "x", "--wait")).ExitCode);
        var tree = $"{repository}-work";
        foreach (var file in (string[])["b.txt", "c.txt"])
        {
            await File.WriteAllTextAsync(Path.Combine(tree, file), file, TestContext.Current.CancellationToken);
            await Git(tree, "add", ".");
            await Git(tree, "commit", "-qm", file);
        }

        await File.WriteAllTextAsync(Path.Combine(repository, "other.txt"), "other", TestContext.Current.CancellationToken);
        await Git(repository, "add", ".");
        await Git(repository, "commit", "-qm", "other");
        switch (how)
        {
            case "merge":
                await Git(repository, "merge", "-q", "--no-edit", "work");
                break;
            case "squash":
                await Git(repository, "merge", "-q", "--squash", "work");
                await Git(repository, "commit", "-qm", "all of it");
                break;
            case "rebase":
                await Git(repository, "cherry-pick", "main..work");
                break;
        }

        // What came later in the same place does not hide it.
        await File.AppendAllTextAsync(Path.Combine(repository, "a.txt"), "later\n", TestContext.Current.CancellationToken);
        await Git(repository, "commit", "-qam", "later");
        Assert.Equal(word, Text((await Trees(repository))[1], "merged"));
        var cleaned = await agentctl.Run("worktree", "clean", "--merged", "--repo", repository, "--delete-branch");
        Assert.Equal(0, cleaned.ExitCode);
        Assert.Equal(how == "nothing", Directory.Exists(tree));
        Assert.Equal(how == "nothing" ? "work" : "", (await Git(repository, "branch", "--list", "work")).Trim('+', ' '));
    }

    [Fact]
    public async Task What_git_does_not_trust_is_told_in_git_s_words()
    {
        var repository = await Repository();
        var given = await Sandbox.Start(["chown", "-R", "65534", repository]).Exit();
        Assert.SkipUnless(given.ExitCode == 0, "needs root, to give a repository to somebody else");
        var refused = await agentctl.Run("launch", "probe", "--worktree", repository, "--branch", "b", "-p", "x");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("dubious ownership", refused.Error, StringComparison.Ordinal);
        Assert.Contains("dubious ownership", (await agentctl.Run("worktree", "list", repository)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issue_is_put_before_the_prompt_by_gh_and_without_gh_that_is_said()
    {
        var repository = await Repository();
        var without = await agentctl.Run("launch", "probe", "--issue", "7", "-p", "write", "--cwd", repository);
        Assert.Equal(2, without.ExitCode);
        Assert.Contains("gh was not found on PATH", without.Error, StringComparison.Ordinal);

        var gh = Sandbox.HomeFile("bin/gh", "#!/bin/sh\n[ \"$*\" = \"issue view 7 --repo ann/shop --json title,body\" ] || { echo \"no such issue\" >&2; exit 1; }\necho '{\"title\":\"Flaky\",\"body\":\"It breaks\"}'\n");
        File.SetUnixFileMode(gh, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Sandbox.Variables["PATH"] = $"{Path.Combine(Sandbox.Home, "bin")}:{Sandbox.Variables["PATH"]}";
        Assert.Equal(0, (await agentctl.Run("launch", "probe", "--issue", "7", "--repo", "ann/shop", "-p", "write", "--cwd", repository, "--wait")).ExitCode);
        Assert.StartsWith("## GitHub Issue #7: Flaky\n\nIt breaks\n\n---\n\nwrite", await File.ReadAllTextAsync(Path.Combine(repository, "answer.txt"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var missing = await agentctl.Run("launch", "probe", "--issue", "8", "-p", "write", "--cwd", repository);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("no such issue", missing.Error, StringComparison.Ordinal);
    }
}
