using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary><c>worktree clean</c> never removes work that exists nowhere else, and what it removes can be restored.</summary>
public sealed class WorktreeKeepTests : BothWays
{
    private AgentctlCli agentctl = null!;
    private string repository = null!;

    private string Tree => repository + "-work";

    /// <summary>A repository with a remote, and a clean worktree on the branch "work" that an agent of ours has left.</summary>
    private async Task Prepare()
    {
        agentctl = Agentctl(withDaemon: false);
        Sandbox.HomeFile(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n");
        Sandbox.HomeFile(".agentctl/config.json", """{ "agents": { "mine": { "launch": ["/bin/sh", "-c", "true", "{prompt}"], "stdin": "none" } } }""");
        repository = Path.Combine(Sandbox.Root, "shop");
        await Shell(Sandbox.Root, """
            git init -q --bare origin.git
            git init -q shop; cd shop
            printf 'ignored/\n.env\n*.sqlite\nnode_modules/\ntarget/\nbin/\nobj/\n.venv/\n' > .gitignore
            echo one > a.txt; git add .; git commit -qm one
            git remote add origin ../origin.git; git push -q origin main
            """);
        var launched = await agentctl.Run("launch", "mine", "--worktree", repository, "--branch", "work", "-p", "x", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
    }

    private async Task<string> Shell(string directory, string script)
    {
        var ran = await Sandbox.Start(["sh", "-ec", script], FakeModelProcess.DotnetVariables(), directory).Exit();
        Assert.True(ran.ExitCode == 0, $"{script}: {ran.Output}{ran.Error}");
        return ran.Output;
    }

    /// <summary>Everything that must be the same after a tree was restored.</summary>
    private Task<string> State() => Shell(Tree, """
        git status --porcelain --ignored --untracked-files=all; git rev-parse HEAD; git symbolic-ref -q HEAD || true; git stash list; git ls-files -s
        find . -type f ! -name .git -exec sha256sum {} + | sort; cat "$(git rev-parse --git-dir)/logs/HEAD"
        git submodule foreach --quiet --recursive 'git rev-parse HEAD; git log --oneline -1; git status --porcelain' || true
        """);

    private async Task<IReadOnlyDictionary<string, string>> Keeps(params string[] more)
    {
        var cleaned = await agentctl.Run(["worktree", "clean", Tree, "--json", .. more]);
        using var document = JsonDocument.Parse(cleaned.Output);
        var result = document.RootElement.GetProperty("results")[0];
        Assert.Equal(result.GetProperty("outcome").GetString() == "refused" ? 5 : 0, cleaned.ExitCode);
        return result.GetProperty("keeps").EnumerateArray().ToLookup(keep => keep.GetProperty("reason").GetString()!, keep => keep.GetProperty("detail").GetString()!)
            .ToDictionary(keep => keep.Key, keep => string.Join('\n', keep));
    }

    [Theory]
    [InlineData("nested", "ignored/a/b/w is a worktree of its own: 1 file changed or new", "mkdir -p ignored/a/b; git worktree add -q -b other ignored/a/b/w; echo x > ignored/a/b/w/new")]
    [InlineData("nested", "ignored/w is a worktree of its own", "git worktree add -q -b other ignored/w")]
    [InlineData("nested", "ignored/deep/clone is a git repository of its own: 1 commit that no remote has", "git clone -q ../origin.git ignored/deep/clone; git -C ignored/deep/clone commit -q --allow-empty -m x")]
    [InlineData("nested", "ignored/clone is a git repository of its own: stashed changes", "git clone -q ../origin.git ignored/clone; cd ignored/clone; echo x > a.txt; git stash -q")]
    [InlineData("nested", "ignored/store.git is a git repository of its own: 1 commit that no remote has", "git clone -q --bare ../origin.git ignored/store.git")]
    [InlineData("nested", "node_modules/dep is a git repository of its own: 1 file changed or new", "git clone -q ../origin.git node_modules/dep; echo x > node_modules/dep/new")]
    [InlineData("operation", "a rebase is in progress, and uncommitted changes are in its autostash", "echo dirty >> a.txt; GIT_SEQUENCE_EDITOR='sed -i 1ibreak' git -c rebase.autoStash=true rebase -q -i HEAD")]
    [InlineData("operation", "a merge is in progress", "git merge -q --no-commit -s ours --allow-unrelated-histories $(git commit-tree -m x HEAD^{tree})")]
    [InlineData("operation", "a bisect is in progress", "git bisect start")]
    [InlineData("operation", "a cherry-pick is in progress", "git cherry-pick $(git commit-tree -m x -p HEAD HEAD^{tree}) || true")]
    [InlineData("operation", "an am is in progress", "printf 'From 0 Mon Sep 17 00:00:00 2001\\nFrom: a <a@b>\\nSubject: x\\n\\n---\\n-- \\n' | git am -q || true")]
    [InlineData("operation", "a revert is in progress", "git revert --no-commit HEAD; git checkout -q HEAD -- .")]
    [InlineData("stash", "1 stash was made in it: stash@{0}", "echo x >> a.txt; git stash -q")]
    [InlineData("submodule", "lib: 1 commit that no remote has", "git submodule add -q ../origin.git lib; git commit -qm lib; cd lib; git commit -q --allow-empty -m only; cd ..; git add lib; git commit -qm bump; git -C ../shop merge -q work")]
    [InlineData("submodule", "lib: 1 commit that no remote has", "git submodule add -q ../origin.git lib; git -C lib commit -q --allow-empty -m only; git submodule --quiet deinit -f lib; git rm -qf --cached lib .gitmodules; rm -rf lib .gitmodules")]
    [InlineData("unmerged", "are on no branch", "git checkout -q --detach; git commit -q --allow-empty -m left; git checkout -q work")]
    [InlineData("unmerged", "are on no branch", "git update-ref refs/worktree/kept $(git commit-tree -m x -p HEAD HEAD^{tree})")]
    [InlineData("unmerged", "are on no branch", "git checkout -q --detach; git commit -q --allow-empty -m detached")]
    [InlineData("unmerged", "commits of work", "git commit -q --allow-empty -m ahead; git commit -q --allow-empty -m again; echo b > b; git add b; git commit -qm b")]
    [InlineData("dirty", "1 file is changed, which git was told to overlook", "git update-index --assume-unchanged a.txt; echo hidden >> a.txt")]
    [InlineData("dirty", "1 file is changed, which git was told to overlook", "git update-index --skip-worktree a.txt; echo hidden >> a.txt")]
    [InlineData("dirty", "1 file is changed or new", "git config core.trustctime false; git config core.checkStat minimal; touch -d @1577836800 a.txt; git update-index --refresh; sleep 1.1; echo two > a.txt; touch -d @1577836800 a.txt; test -z \"$(git status --porcelain)\"")]
    [InlineData("dirty", "1 file is changed or new", "git config status.showUntrackedFiles no; echo x > new.txt; test -z \"$(git status --porcelain)\"")]
    [InlineData("dirty", "1 file is changed or new", "printf '#!/bin/sh\\nprintf t\\\\\\\\0\\n' > ../hook; chmod +x ../hook; git config core.fsmonitor $PWD/../hook; git config core.fsmonitorHookVersion 2; git status -s; git status -s; echo hidden >> a.txt; test -z \"$(git status --porcelain)\"")]
    [InlineData("ignored", "2 ignored files are nowhere else, 12 bytes: .env (9 bytes), ignored/x/app.sqlite (3 bytes)", "echo SECRET=1 > .env; mkdir -p ignored/x; echo db > ignored/x/app.sqlite")]
    [InlineData("ignored", "bin/app.sqlite", "mkdir bin; echo db > bin/app.sqlite; echo x > bin/app.dll")]
    public async Task Work_that_is_nowhere_else_keeps_a_tree_and_comes_back_when_it_was_given_up(string reason, string detail, string script)
    {
        await Prepare();
        await Shell(Tree, script);
        var before = await State();
        var keeps = await Keeps();
        Assert.Contains(detail, Assert.Contains(reason, keeps), StringComparison.Ordinal);
        Assert.Equal(before, await State());

        // --merged is no way around it.
        Assert.Equal(0, (await agentctl.Run("worktree", "clean", "--merged", "--repo", repository)).ExitCode % 5);
        Assert.Equal(before, await State());

        Assert.Empty(await Keeps([.. keeps.Keys.SelectMany(key => (string[])["--yes", key]), "--delete-branch"]));
        Assert.False(Directory.Exists(Tree));
        await Shell(repository, "git reflog expire --expire=all HEAD main; git gc -q --prune=now");
        var restored = await agentctl.Run("worktree", "restore", Tree);
        Assert.True(restored.ExitCode == 0, restored.Error);
        Assert.Equal(before, await State());
        Assert.Equal("", await Shell(repository, "git for-each-ref refs/agentctl"));
    }

    [Fact]
    public async Task What_tools_make_again_and_copies_of_the_main_tree_do_not_keep_a_tree()
    {
        await Prepare();
        await Shell(repository, "echo SECRET=1 > .env");
        await Shell(Tree, """
            for d in node_modules target bin obj .venv; do mkdir -p $d/x; echo x > $d/x/file.js; done
            mkdir -p ignored/__pycache__ ignored/sub; echo x > ignored/__pycache__/a.txt; echo x > ignored/sub/a.pyc
            printf 'Signature: 8a477f597d28d172789f06886806bc55\n' > ignored/sub/CACHEDIR.TAG; echo x > ignored/sub/cached
            git clone -q ../origin.git node_modules/dep
            cp ../shop/.env .env; ln -s ../shop/a.txt ignored/link
            """);
        Assert.Empty(await Keeps());
        Assert.False(Directory.Exists(Tree));
    }

    [Fact]
    public async Task Removed_tree_is_listed_and_restored_with_its_branch_once()
    {
        await Prepare();
        await Shell(Tree, "echo staged > s.txt; git add s.txt; echo new > n.txt; echo two >> a.txt; git commit -qm two a.txt");
        var before = await State();
        var cleaned = await agentctl.Run("worktree", "clean", Tree, "--yes", "dirty", "--yes", "unmerged", "--delete-branch");
        Assert.True(cleaned.ExitCode == 0, cleaned.Output);
        Assert.Matches(@"^Removed  \S+shop-work  and its branch work\n  Kept for 7 days\. To restore it: agentctl worktree restore w-[0-9a-f]{8}\n$", cleaned.Output);
        Assert.Equal("main\n", await Shell(repository, "git branch --format='%(refname:short)'"));
        Assert.DoesNotContain("shop-work", await Shell(repository, "git worktree list"), StringComparison.Ordinal);

        using var listed = JsonDocument.Parse((await agentctl.Run("worktree", "list", "--removed", "--json")).Output);
        var row = Assert.Single(listed.RootElement.EnumerateArray());
        Assert.Equal((Tree, "work", true), (row.GetProperty("path").GetString(), row.GetProperty("branch").GetString(), row.GetProperty("branchDeleted").GetBoolean()));
        Assert.Equal(TimeSpan.FromDays(7), row.GetProperty("expiresAt").GetDateTimeOffset() - row.GetProperty("removedAt").GetDateTimeOffset());
        Assert.Contains("work (deleted)", (await agentctl.Run("worktree", "list", "--removed")).Output, StringComparison.Ordinal);

        var restored = await agentctl.Run("worktree", "restore", row.GetProperty("id").GetString()!);
        Assert.Equal($"Restored  {Tree}  (work, branch created again)\n", restored.Output);
        Assert.Equal(before, await State());
        Assert.Equal(4, (await agentctl.Run("worktree", "restore", Tree)).ExitCode);
        Assert.Equal("No worktree was removed in the last 7 days.\n", (await agentctl.Run("worktree", "list", "--removed")).Output);
    }

    [Fact]
    public async Task Restore_overwrites_nothing_and_leaves_a_branch_that_moved_on()
    {
        await Prepare();
        var cleaned = await agentctl.Run("worktree", "clean", Tree);
        Assert.Contains("(its branch work stays)", cleaned.Output, StringComparison.Ordinal);
        Directory.CreateDirectory(Tree);
        var inTheWay = await agentctl.Run("worktree", "restore", Tree);
        Assert.Equal(1, inTheWay.ExitCode);
        Assert.Contains($"{Tree} exists. Move it away", inTheWay.Error, StringComparison.Ordinal);
        Directory.Delete(Tree);

        await Shell(repository, "git worktree add -q ../elsewhere work; git -C ../elsewhere commit -q --allow-empty -m later");
        Assert.Contains("is checked out in", (await agentctl.Run("worktree", "restore", Tree)).Error, StringComparison.Ordinal);
        await Shell(repository, "git worktree remove ../elsewhere");
        var restored = await agentctl.Run("worktree", "restore", Tree);
        Assert.True(restored.ExitCode == 0, restored.Error);
        Assert.Contains("the branch work has other commits now", restored.Error, StringComparison.Ordinal);
        Assert.Equal("", await Shell(Tree, "git status --porcelain; git symbolic-ref -q HEAD || true"));
    }

    [Fact]
    public async Task Nothing_overrides_a_tree_in_use_and_git_of_ours_is_no_use()
    {
        await Prepare();
        Assert.Equal(2, (await agentctl.Run("worktree", "clean", Tree, "--yes", "in-use")).ExitCode);
        Assert.Equal(2, (await agentctl.Run("worktree", "clean", Tree, "--yes", "uninspected")).ExitCode);
        for (var i = 0; i < 3; i++)
        {
            using var listed = JsonDocument.Parse((await agentctl.Run("worktree", "list", repository, "--json")).Output);
            Assert.All(listed.RootElement.EnumerateArray(), row => Assert.Empty(row.GetProperty("inUse").EnumerateArray()));
        }

        var reader = Sandbox.Start(["sh", "-c", $"exec 3< {Tree}/a.txt; touch {Sandbox.Home}/open; cd /; exec sleep 600"]);
        await Eventually.True("an open file", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(Sandbox.Home, "open")));
        var kept = await agentctl.Run("worktree", "clean", Tree, "--yes", "dirty");
        Assert.Equal(5, kept.ExitCode);
        Assert.Matches(@"in-use: pid \d+ \((sleep|sh)\) has a file of it open\n  No option overrides a tree in use", kept.Output);
        Assert.False(reader.HasExited);
        Assert.True(Directory.Exists(Tree));
    }

    [Fact]
    public async Task Tree_that_cannot_be_inspected_or_changes_meanwhile_stays()
    {
        await Prepare();
        await Shell(Tree, "mkdir -p node_modules; printf x > \"node_modules/$(printf 'a\\377b')\"");
        string[] all = [.. ((string[])["dirty", "unmerged", "ignored", "nested", "submodule", "operation", "stash", "not-ours"]).SelectMany(reason => (string[])["--yes", reason])];
        Assert.Contains("uninspected", await Keeps(all));
        await Shell(Tree, "rm -r node_modules; mkdir node_modules");

        var writer = Sandbox.Start(["sh", "-c", $"while :; do echo x >> {Tree}/node_modules/log; done"]);
        await Eventually.True("a writer", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(Tree, "node_modules", "log")));
        var keeps = await Keeps(all);
        Assert.Contains(keeps.Keys, key => key is "uninspected" or "in-use");
        Assert.False(writer.HasExited);

        await Shell(Tree, "rm .git");
        Assert.Equal(2, (await agentctl.Run(["worktree", "clean", Tree, "--repo", repository, .. all])).ExitCode);
        Assert.True(File.Exists(Path.Combine(Tree, "a.txt")));
    }

    [Fact]
    public async Task Named_pipe_among_git_s_records_is_named_and_waited_for_by_nobody()
    {
        await Prepare();
        var pipe = Path.Combine(repository, ".git", "worktrees", "shop-work", "locked");
        await Shell(repository, $"mkfifo {pipe}");
        foreach (var command in (string[][])[["worktree", "list", repository], ["worktree", "clean", Tree], ["launch", "mine", "--worktree", repository, "--branch", "other", "-p", "x"]])
        {
            var failed = await agentctl.Run(command);
            Assert.Equal(1, failed.ExitCode);
            Assert.Contains($"{pipe} is not a regular file", failed.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Failed_list_of_git_is_an_error_and_no_empty_list()
    {
        await Prepare();
        var git = Sandbox.HomeFile("bin/git", "#!/bin/sh\ncase \"$*\" in *'worktree list'*) echo 'fatal: out of order' >&2; exit 128;; esac\nexec /usr/bin/git \"$@\"\n");
        File.SetUnixFileMode(git, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Sandbox.Variables["PATH"] = $"{Path.GetDirectoryName(git)}:{Sandbox.Variables["PATH"]}";
        var failed = await agentctl.Run("worktree", "list", repository);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("fatal: out of order", failed.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await agentctl.Run("worktree", "clean", "--merged", "--repo", repository)).ExitCode);
    }

    [Fact]
    public async Task Branch_of_a_tree_that_was_deleted_by_hand_is_launched_again_unless_git_keeps_it()
    {
        await Prepare();
        Directory.Delete(Tree, recursive: true);
        var launched = await agentctl.Run("launch", "mine", "--worktree", repository, "--branch", "work", "-p", "x", "--wait");
        Assert.True(launched.ExitCode == 0, launched.Error);
        Assert.Equal("work\n", await Shell(Tree, "git branch --show-current"));

        Directory.Delete(Tree, recursive: true);
        await Shell(repository, "git worktree lock --reason 'usb stick' ../shop-work || echo 'usb stick' > .git/worktrees/shop-work/locked");
        var refused = await agentctl.Run("launch", "mine", "--worktree", repository, "--branch", "work", "-p", "x", "--wait");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("which is missing, and git was told to keep it (usb stick)", refused.Error, StringComparison.Ordinal);
        var kept = await agentctl.Run("worktree", "clean", Tree, "--repo", repository);
        Assert.Contains("git was told to keep it (usb stick), and its directory is missing", kept.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("did not make it", kept.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tree_on_another_file_system_is_kept_beside_its_place_and_restored()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm") && new DriveInfo("/dev/shm").Name != new DriveInfo(Sandbox.Root).Name, "needs a second file system");
        await Prepare();
        var folder = Directory.CreateDirectory(Path.Combine("/dev/shm", Path.GetFileName(Sandbox.Root))).FullName;
        try
        {
            await Shell(folder, $"git clone -q {Sandbox.Root}/origin.git shop");
            repository = Path.Combine(folder, "shop");
            Assert.Equal(0, (await agentctl.Run("launch", "mine", "--worktree", repository, "--branch", "work", "-p", "x", "--wait")).ExitCode);
            await Shell(Tree, "echo new > n.txt");
            var before = await State();
            Assert.Equal(0, (await agentctl.Run("worktree", "clean", Tree, "--yes", "dirty", "--delete-branch")).ExitCode);
            Assert.StartsWith(".agentctl-removed-w-", Assert.Single(Directory.GetDirectories(folder).Select(Path.GetFileName), name => name != "shop"), StringComparison.Ordinal);
            Assert.Equal(0, (await agentctl.Run("worktree", "restore", Tree)).ExitCode);
            Assert.Equal(before, await State());
            Assert.Equal(["shop", "shop-work"], Directory.GetDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Removed_trees_expire_after_a_week_and_a_damaged_record_hides_no_other()
    {
        await Prepare();
        Assert.Equal(0, (await agentctl.Run("worktree", "clean", Tree)).ExitCode);
        var folder = Assert.Single(Directory.GetDirectories(Path.Combine(Sandbox.AgentctlHome, "worktrees")));
        await Shell(folder, "mkdir tree/locked; echo x > tree/locked/file; chmod 500 tree/locked; mkdir ../w-00000000; echo '{' > ../w-00000000/removed.json");
        var listed = await agentctl.Run("worktree", "list", "--removed");
        Assert.Equal(6, listed.ExitCode);
        Assert.Contains("shop-work", listed.Output, StringComparison.Ordinal);
        Assert.Contains("w-00000000/removed.json", listed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("removed worktree", (await agentctl.Run("prune")).Output, StringComparison.Ordinal);

        var record = Path.Combine(folder, "removed.json");
        var text = await File.ReadAllTextAsync(record, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(record, System.Text.RegularExpressions.Regex.Replace(text, "\"removedAt\": ?\"[^\"]+\"", $"\"removedAt\":\"{DateTimeOffset.UtcNow.AddDays(-8):yyyy-MM-ddTHH:mm:ss.fffZ}\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)), TestContext.Current.CancellationToken);
        Assert.Contains("removed worktree", (await agentctl.Run("prune", "--dry-run")).Output, StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder));
        Assert.Equal(0, (await agentctl.Run("prune")).ExitCode % 6);
        Assert.False(Directory.Exists(folder));
        Assert.Equal("", await Shell(repository, "git for-each-ref refs/agentctl"));
    }
}
