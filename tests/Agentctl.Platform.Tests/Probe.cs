using System.Diagnostics;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Platform.Tests;

/// <summary>What another process does in a test: this program started again, as <c>probe &lt;what&gt; …</c>. Exit code 0 = as it should be.</summary>
internal static class Probe
{
    public static string[] Command(params string[] what) => [Environment.ProcessPath!, "probe", .. what];

    public static async Task<int> Run(string[] what)
    {
        switch (what)
        {
            case ["take"]:
                var table = ProcessTable.Take();
                Console.WriteLine($"{table.PidNamespace} {table.Find(Environment.ProcessId)!.Identity}");
                return 0;
            case ["lease", var path, var offset]:
                using (var lease = Lease.TryTake(path, long.Parse(offset)))
                {
                    Console.WriteLine(lease is null ? "refused" : "taken");
                    await Console.In.ReadLineAsync();
                }

                return 0;
            case ["is-held", var path]:
                Console.WriteLine(Lease.IsHeld(path));
                return 0;
            case ["read", var path]:
                Console.WriteLine(Record.Exception(() => NativeFile.ReadSmall(path, 100))?.GetType().Name ?? "read");
                return 0;
            case ["replace", var path, var size]:
                DurableFile.Replace(path, new byte[int.Parse(size)], UnixFileMode.UserRead);
                return 0;
            case ["scan", var root]:
                using (var tree = new FileTree(root, static _ => true, 3))
                {
                    Tell(tree);
                }

                return 0;
            case ["watched-scan", var root]:
                using (var tree = new FileTree(root, static _ => true, 3))
                using (tree.Watch(static () => { }))
                {
                    Tell(tree);
                    Console.WriteLine(tree.WatchProblem);
                }

                return 0;
            case ["watched-trees", .. var watched]:
                var trees = watched.Select(static root => new FileTree(root, static _ => true, 3)).ToList();
                var watches = trees.Select(static tree => tree.Watch(static () => { })).ToList();
                trees.ForEach(static tree => Console.WriteLine(tree.WatchProblem ?? $"{tree.Root} is watched"));
                watches.ForEach(static watch => watch.Dispose());
                return 0;
            case ["watch", var root]:
                using (var tree = new FileTree(root, static _ => true, 3))
                using (tree.Watch(static () => { }))
                {
                    Console.WriteLine($"{tree.Scan(CancellationToken.None).Files.Count} files");
                    await Console.In.ReadLineAsync();
                }

                return 0;
            case ["pid-reuse"]:
                await ReusePid();
                return 0;
            default:
                return 2;
        }
    }

    private static void Tell(FileTree tree)
    {
        var scan = tree.Scan(CancellationToken.None);
        Console.WriteLine(string.Join('\n', scan.Files.Select(file => file.Path).Concat(scan.Problems)));
    }

    /// <summary>Runs in a pid namespace of its own, where the kernel lets us choose the next pid.</summary>
    private static async Task ReusePid()
    {
        for (var round = 1; round <= 20; round++)
        {
            // Far from the pids of before, and another one each time: threads take numbers too, and may take ours.
            SetNextPid(round * 1000);
            using var first = Process.Start("sleep", "600");
            var pid = first.Id;
            var unread = ProcessTable.Take().Find(pid)!;
            first.Kill();
            await first.WaitForExitAsync();
            Assert.Null(ProcessTable.Take().Find(pid));
            using var second = await TryStart(pid, unread.StartTicks);
            if (second is not null)
            {
                await Compare(unread, second);
                return;
            }
        }

        throw new InvalidOperationException("no pid was given twice");
    }

    private static async Task Compare(ProcessEntry unread, Process second)
    {
        var before = unread.Identity;
        var after = ProcessTable.Take().Find(before.Pid)!.Identity;
        Assert.NotEqual(before, after);
        Assert.Equal(before, after with { StartTicks = before.StartTicks });
        Assert.Null(ProcessTable.Take().Find(before.Pid, before.StartTicks));
        Assert.Null(unread.Argv);
        Assert.Null(unread.WorkingDirectory);
        Assert.Null(unread.Environment);

        using var watch = ExitWatch.Start();
        Assert.Null(watch.TryWatch(before, static () => { }));
        var ended = new TaskCompletionSource();
        Assert.NotNull(watch.TryWatch(after, ended.SetResult));
        second.Kill();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5));
        Console.WriteLine($"{before}, then {after}");
    }

    /// <summary>A process with this pid that started in another tick; null when a thread took the number.</summary>
    private static async Task<Process?> TryStart(int pid, ulong notStartedAt)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            SetNextPid(pid);
            var process = Process.Start("sleep", "600");
            if (process.Id == pid && ProcessTable.Take().Find(pid)!.StartTicks != notStartedAt)
            {
                return process;
            }

            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        return null;
    }

    private static void SetNextPid(int pid) => File.WriteAllText("/proc/sys/kernel/ns_last_pid", $"{pid - 1}");
}
