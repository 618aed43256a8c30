using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class FileTreeWatchTests : IDisposable
{
    /// <summary>Far from the thirty seconds after which a tree that is told nothing looks for itself.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _open = [];
    private int _calls;

    public void Dispose()
    {
        foreach (var open in _open.AsEnumerable().Reverse())
        {
            open.Dispose();
        }

        _folder.Dispose();
    }

    private FileTree Watched(string root = "root", int maxDepth = 2, Func<string, bool>? wanted = null)
    {
        var tree = new FileTree(_folder[root], wanted ?? (static name => name.EndsWith(".jsonl", StringComparison.Ordinal)), maxDepth);
        _open.Add(tree);
        _open.Add(tree.Watch(() => Interlocked.Increment(ref _calls)));
        Assert.Null(tree.WatchProblem);
        return tree;
    }

    /// <summary>Waits until the kernel's word has arrived, with no look from our side that would fetch it.</summary>
    private async Task CallAfter(Action change)
    {
        var before = Volatile.Read(ref _calls);
        change();
        await Eventually.True("a call", Soon, () => Volatile.Read(ref _calls) > before);
    }

    private string[] Found(FileTree tree) =>
        [.. tree.Scan(CancellationToken.None).Files.Select(file => Path.GetRelativePath(_folder["root"], file.Path)).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Append_is_told_and_seen()
    {
        var path = _folder.Write("root/a/x.jsonl", "1");
        var tree = Watched();
        Assert.Equal(1, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
        await CallAfter(() => File.AppendAllText(path, "23"));
        Assert.Equal([NativeFile.Stat(path)!.Value], tree.Scan(CancellationToken.None).Files);
    }

    [Fact]
    public void Change_is_seen_by_the_very_next_look()
    {
        var path = _folder.Write("root/a/x.jsonl", "");
        var tree = Watched();
        for (var i = 1; i <= 200; i++)
        {
            File.AppendAllText(path, "x");
            Assert.Equal(i, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
        }
    }

    [Fact]
    public async Task Unchanged_tree_is_not_looked_at_again()
    {
        _folder.Write("root/a/x.jsonl", "1");
        var tree = Watched();
        var first = tree.Scan(CancellationToken.None);
        Assert.Same(first, tree.Scan(CancellationToken.None));
        // A file nobody wants changes nothing.
        _folder.Write("root/a/x.txt", "1");
        Assert.Same(first, tree.Scan(CancellationToken.None));
        await CallAfter(() => _folder.Write("root/a/y.jsonl", "1"));
        Assert.NotSame(first, tree.Scan(CancellationToken.None));
    }

    [Fact]
    public async Task Watcher_of_an_unchanged_tree_uses_no_cpu()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _folder.Write($"root/{i % 50}/{i}.jsonl", "1");
        }

        using var watcher = Child.Start(Probe.Command("watch", _folder["root"]));
        Assert.Equal("1000 files", await watcher.Line());
        // What a start leaves to do in the background comes to rest first.
        var process = ProcessStat.Read(watcher.Pid)!;
        await Eventually.See("two seconds at rest", TimeSpan.FromSeconds(20), async () =>
        {
            var before = process.ThreadTimes();
            await Task.Delay(TimeSpan.FromSeconds(2));
            return process.UsedSince(before);
        }, used => used < TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Files_made_at_once_in_new_directories_are_all_found()
    {
        Directory.CreateDirectory(_folder["root"]);
        var tree = Watched();
        var expected = new List<string>();
        await CallAfter(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                _folder.Write($"root/d{i:000}/x.jsonl", "1");
                expected.Add($"d{i:000}/x.jsonl");
            }
        });
        Assert.Equal(expected, Found(tree));
        await CallAfter(() => File.AppendAllText(_folder["root/d199/x.jsonl"], "2"));
        Assert.Equal(2, tree.Scan(CancellationToken.None).Files.Single(file => file.Path.Contains("d199", StringComparison.Ordinal)).SizeBytes);
    }

    [Fact]
    public async Task Files_in_new_directories_are_found_without_looking_in_between()
    {
        // Only the kernel's word, no Scan that would help: events of files in a directory that is watched already.
        Directory.CreateDirectory(_folder["root"]);
        var tree = Watched(maxDepth: 4);
        await CallAfter(() => _folder.Write("root/a/b/c/1.jsonl", ""));
        await CallAfter(() => _folder.Write("root/a/b/c/2.jsonl", ""));
        Assert.Equal(["a/b/c/1.jsonl", "a/b/c/2.jsonl"], Found(tree));
    }

    [Fact]
    public async Task Removed_and_renamed_files_and_directories_are_seen()
    {
        _folder.Write("root/a/1.jsonl", "");
        _folder.Write("root/a/2.jsonl", "");
        _folder.Write("root/b/3.jsonl", "");
        var tree = Watched();
        Assert.Equal(["a/1.jsonl", "a/2.jsonl", "b/3.jsonl"], Found(tree));
        await CallAfter(() => File.Delete(_folder["root/a/1.jsonl"]));
        Assert.Equal(["a/2.jsonl", "b/3.jsonl"], Found(tree));
        await CallAfter(() => File.Move(_folder["root/a/2.jsonl"], _folder["root/a/2b.jsonl"]));
        Assert.Equal(["a/2b.jsonl", "b/3.jsonl"], Found(tree));
        await CallAfter(() => File.Move(_folder["root/a/2b.jsonl"], _folder["root/b/2c.jsonl"]));
        Assert.Equal(["b/2c.jsonl", "b/3.jsonl"], Found(tree));
        await CallAfter(() => Directory.Move(_folder["root/b"], _folder["root/c"]));
        Assert.Equal(["c/2c.jsonl", "c/3.jsonl"], Found(tree));
        await CallAfter(() => File.AppendAllText(_folder["root/c/3.jsonl"], "x"));
        await CallAfter(() => Directory.Move(_folder["root/c"], _folder["elsewhere"]));
        Assert.Empty(Found(tree));
        await CallAfter(() => Directory.Move(_folder["elsewhere"], _folder["root/d"]));
        Assert.Equal(["d/2c.jsonl", "d/3.jsonl"], Found(tree));
        await CallAfter(() => File.AppendAllText(_folder["root/d/3.jsonl"], "x"));
        await CallAfter(() => Directory.Delete(_folder["root/d"], recursive: true));
        Assert.Empty(Found(tree));
    }

    [Fact]
    public async Task File_replaced_by_rename_is_looked_at_again()
    {
        var path = _folder.Write("root/a/x.jsonl", "old");
        var tree = Watched();
        Assert.Equal(3, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
        await CallAfter(() => File.Move(_folder.Write("root/a/x.tmp", "newer"), path, overwrite: true));
        Assert.Equal([NativeFile.Stat(path)!.Value], tree.Scan(CancellationToken.None).Files);
    }

    [Fact]
    public async Task Root_may_come_go_and_come_again()
    {
        var tree = Watched("deep/below/root");
        Assert.False(tree.Scan(CancellationToken.None).Exists);
        for (var round = 0; round < 3; round++)
        {
            await CallAfter(() => _folder.Write("deep/below/root/a/x.jsonl", "1"));
            await Eventually.True("the file", Soon, () => tree.Scan(CancellationToken.None).Files.Count == 1);
            await CallAfter(() => File.AppendAllText(_folder["deep/below/root/a/x.jsonl"], "2"));
            Assert.Equal(2, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
            await CallAfter(() => Directory.Delete(_folder[round == 1 ? "deep" : "deep/below/root"], recursive: true));
            Assert.False(tree.Scan(CancellationToken.None).Exists);
        }
    }

    [Fact]
    public async Task Root_whose_parent_moves_away_is_gone()
    {
        _folder.Write("above/root/x.jsonl", "1");
        var tree = Watched("above/root");
        Assert.Single(tree.Scan(CancellationToken.None).Files);
        await CallAfter(() => Directory.Move(_folder["above"], _folder["moved"]));
        Assert.False(tree.Scan(CancellationToken.None).Exists);
        await CallAfter(() => Directory.Move(_folder["moved"], _folder["above"]));
        Assert.Single(tree.Scan(CancellationToken.None).Files);
    }

    [Fact]
    public async Task Root_that_moves_away_is_gone()
    {
        _folder.Write("root/x.jsonl", "1");
        var tree = Watched();
        Assert.Single(tree.Scan(CancellationToken.None).Files);
        await CallAfter(() => Directory.Move(_folder["root"], _folder["moved"]));
        Assert.False(tree.Scan(CancellationToken.None).Exists);
    }

    [Fact]
    public async Task Directory_moved_into_a_new_one_stays_watched()
    {
        using var reached = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        _folder.Write("root/old/x.jsonl", "1");
        var tree = Watched(maxDepth: 3, wanted: Gate(reached, release));
        _folder.Write("root/gate", "");
        Assert.True(reached.Wait(Soon));
        // All of it has happened when the first event is taken in: the new directory is read with the old one in it already.
        Directory.CreateDirectory(_folder["root/new"]);
        Directory.Move(_folder["root/old"], _folder["root/new/old"]);
        File.Delete(_folder["root/gate"]);
        release.Set();
        await Eventually.True("the move", Soon, () => Found(tree) is ["new/old/x.jsonl"]);
        await CallAfter(() => File.AppendAllText(_folder["root/new/old/x.jsonl"], "2"));
        Assert.Equal(2, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
    }

    /// <summary>Lets the watching thread stand at a file named <c>gate</c>.</summary>
    private static Func<string, bool> Gate(ManualResetEventSlim reached, ManualResetEventSlim release) => name =>
    {
        if (name == "gate")
        {
            reached.Set();
            release.Wait(TimeSpan.FromSeconds(30));
        }

        return name.EndsWith(".jsonl", StringComparison.Ordinal);
    };

    [Fact]
    public async Task Lost_events_lead_to_a_new_look_at_everything()
    {
        var limit = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"));
        Assert.SkipWhen(limit > 100_000, $"the queue of this system is too long to fill: {limit}");
        using var reached = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        Directory.CreateDirectory(_folder["root"]);
        var tree = Watched(wanted: Gate(reached, release));
        _folder.Write("root/gate", "");
        Assert.True(reached.Wait(Soon));
        // The watching thread stands; the kernel's queue fills up and drops what comes last.
        for (var i = 0; i < (limit / 2) + 10; i++)
        {
            File.Delete(_folder.Write($"root/{i}.tmp", ""));
        }

        await CallAfter(() =>
        {
            _folder.Write("root/new/last.jsonl", "1");
            File.Delete(_folder["root/gate"]);
            release.Set();
        });
        await Eventually.True("the last file", Soon, () => Found(tree) is ["new/last.jsonl"]);
        await CallAfter(() => File.AppendAllText(_folder["root/new/last.jsonl"], "2"));
        Assert.Equal(2, tree.Scan(CancellationToken.None).Files[0].SizeBytes);
    }

    [Fact]
    public async Task Tree_under_heavy_change_ends_up_as_it_is()
    {
        Directory.CreateDirectory(_folder["root"]);
        var tree = Watched(maxDepth: 3);
        var random = new Random(1);
        for (var i = 0; i < 3_000; i++)
        {
            var (one, other) = ($"root/d{random.Next(6)}", $"root/d{random.Next(6)}/e{random.Next(3)}");
            switch (random.Next(6))
            {
                case 0 when Directory.Exists(_folder[one]):
                    Directory.Delete(_folder[one], recursive: true);
                    break;
                case 1 when Directory.Exists(_folder[one]) && !Directory.Exists(_folder[other]) && Directory.Exists(Path.GetDirectoryName(_folder[other])) && !other.StartsWith(one, StringComparison.Ordinal):
                    Directory.Move(_folder[one], _folder[other]);
                    break;
                case 2:
                    _ = tree.Scan(CancellationToken.None);
                    break;
                default:
                    _folder.Write($"{(random.Next(2) == 0 ? one : other)}/{random.Next(9)}.jsonl", new string('x', random.Next(9)));
                    break;
            }
        }

        using var fresh = new FileTree(_folder["root"], static name => name.EndsWith(".jsonl", StringComparison.Ordinal), 3);
        Assert.Equal(Sorted(fresh), Sorted(tree));
        await CallAfter(() => _folder.Write("root/last.jsonl", ""));
        Assert.Equal(Sorted(fresh), Sorted(tree));

        static IEnumerable<FileEntry> Sorted(FileTree tree) => tree.Scan(CancellationToken.None).Files.OrderBy(file => file.Path, StringComparer.Ordinal);
    }

    [Fact]
    public void Watching_uses_one_inotify_instance_and_leaves_none()
    {
        for (var i = 0; i < 40; i++)
        {
            _folder.Write($"own/{i}/x.jsonl", "");
        }

        var tree = new FileTree(_folder["own"], _ => true, 2);
        var first = tree.Watch(() => { });
        var second = tree.Watch(() => { });
        var mine = InstanceOf(_folder["own"]);
        Assert.NotNull(mine);
        first.Dispose();
        Assert.NotNull(InstanceOf(_folder["own"]));
        second.Dispose();
        Assert.Null(InstanceOf(_folder["own"]));
        Assert.Equal(40, tree.Scan(CancellationToken.None).Files.Count);
        tree.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tree.Watch(() => { }));

        static string? InstanceOf(string directory)
        {
            var inode = $"ino:{DirectoryInode(directory):x} ";
            return Directory.EnumerateFiles("/proc/self/fdinfo").SingleOrDefault(path => Read(path).Contains(inode, StringComparison.Ordinal));
        }

        static ulong DirectoryInode(string directory) => FileCalls.Stat(directory, 0, out var status) == 0 ? status.Inode : 0;

        static string Read(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return ""; // closed by another test meanwhile
            }
        }
    }

    [Fact]
    public async Task All_trees_of_a_process_share_one_inotify_instance()
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        var roots = Enumerable.Range(0, 12).Select(i => Path.GetDirectoryName(_folder.Write($"root-{i}/a/x.jsonl", ""))!).ToList();
        var output = await Child.Run([
            "unshare", "--user", "--map-root-user", "sh", "-c", "echo 1 > /proc/sys/user/max_inotify_instances && exec \"$@\"", "sh",
            .. Probe.Command(["watched-trees", .. roots])]);
        Assert.Equal(roots.Select(static root => $"{root} is watched"), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task One_directory_in_two_trees_is_told_to_each_until_its_own_end()
    {
        _folder.Write("root/a/x.jsonl", "");
        var calls = 0;
        using var lines = new FileTree(_folder["root"], static name => name.EndsWith(".jsonl", StringComparison.Ordinal), 2);
        using var marks = new FileTree(_folder["root/a"], static name => name.EndsWith(".mark", StringComparison.Ordinal), 1);
        var ofLines = lines.Watch(() => { });
        using var ofMarks = marks.Watch(() => Interlocked.Increment(ref calls));

        _folder.Write("root/a/y.jsonl", "");
        _folder.Write("root/a/1.mark", "");
        Assert.Equal((2, 1), (lines.Scan(CancellationToken.None).Files.Count, marks.Scan(CancellationToken.None).Files.Count));

        // To the one it is a directory on the way, to the other one with content.
        _folder.Write("root/above.jsonl", "");
        Assert.Equal(3, lines.Scan(CancellationToken.None).Files.Count);
        await Eventually.True("a call", Soon, () => Volatile.Read(ref calls) > 0);

        ofLines.Dispose();
        for (var i = 2; i <= 20; i++)
        {
            _folder.Write($"root/a/{i}.mark", "");
            Assert.Equal(i, marks.Scan(CancellationToken.None).Files.Count);
        }

        // The first comes back to a directory that the other has watched all the time.
        using var again = lines.Watch(() => { });
        _folder.Write("root/a/z.jsonl", "");
        Directory.Delete(_folder["root/a"], recursive: true);
        Assert.Equal((1, false), (lines.Scan(CancellationToken.None).Files.Count, marks.Scan(CancellationToken.None).Exists));
    }

    [Fact]
    public async Task What_the_look_at_one_tree_fetched_is_told_to_the_others()
    {
        _folder.Write("root/a/x.jsonl", "");
        using var busy = new FileTree(_folder["busy"], static _ => true, 1);
        using var looking = busy.Watch(() => { });
        Watched();
        for (var i = 0; i < 100; i++)
        {
            await CallAfter(() =>
            {
                _folder.Write($"root/a/{i}.jsonl", "");
                busy.Scan(CancellationToken.None);
            });
        }
    }

    [Theory]
    [InlineData("max_inotify_instances", 0, "no inotify instance left")]
    [InlineData("max_inotify_watches", 4, "no inotify watches left")]
    public async Task Tree_that_cannot_be_watched_is_read_every_time_and_says_why(string limit, int value, string why)
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        string[] files = ["a/x.jsonl", "b/x.jsonl", "c/x.jsonl"];
        Assert.All(files, file => _folder.Write("root/" + file, "1"));
        var output = await Child.Run([
            "unshare", "--user", "--map-root-user", "sh", "-c", $"echo {value} > /proc/sys/user/{limit} && exec \"$@\"", "sh",
            .. Probe.Command("watched-scan", _folder["root"])]);
        Assert.All(files, file => Assert.Contains(_folder["root/" + file], output));
        Assert.Contains(why, output);
    }
}
