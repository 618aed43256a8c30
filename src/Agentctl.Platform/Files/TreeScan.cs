namespace Agentctl.Platform;

/// <summary>
/// One look at a whole tree: level by level, a level of many directories by several threads at once (the time goes into statx(2),
/// which the kernel does for different directories side by side).
/// </summary>
internal sealed class TreeScan(TreeShape shape, DateTimeOffset? since, Func<string, bool> wanted)
{
    /// <summary>Below this many directories another thread costs more than it gives.</summary>
    private const int WideLevel = 48;

    private const int MostThreads = 4;

    private readonly Lock _gate = new();
    private readonly List<FileEntry> _files = [];
    private readonly List<string> _names = [];
    private readonly List<string> _problems = [];
    private bool _rootIsGone;

    /// <summary>Every file of the tree that changed since, with its status.</summary>
    public static FileTreeScan Files(TreeShape shape, DateTimeOffset since, CancellationToken ct)
    {
        var scan = new TreeScan(shape, since, static _ => true);
        scan.Run(ct);
        return scan._rootIsGone ? FileTreeScan.Missing : new FileTreeScan(true, scan._files, scan._problems);
    }

    /// <summary>Full paths of the tree's files whose names are wanted; none is looked at.</summary>
    public static List<string> Names(TreeShape shape, Func<string, bool> wanted, CancellationToken ct)
    {
        var scan = new TreeScan(shape, since: null, wanted);
        scan.Run(ct);
        return scan._names;
    }

    private void Run(CancellationToken ct)
    {
        ThisSystem.RequireLinux("Looking through directories");
        for (List<TreeDirectory> level = [new(shape.Root, "", null)]; level.Count > 0;)
        {
            ReadLevel(level, ct);
            ct.ThrowIfCancellationRequested();
            level = [.. level.SelectMany(static directory => directory.Directories.Values)];
        }
    }

    private void ReadLevel(List<TreeDirectory> level, CancellationToken ct)
    {
        var next = -1;
        var helpers = level.Count < WideLevel ? 0 : Math.Min(Environment.ProcessorCount, MostThreads) - 1;
        var claimed = new int[helpers];
        var tasks = new Task[helpers];
        for (var i = 0; i < helpers; i++)
        {
            var helper = i;
            tasks[helper] = Task.Run(
                () =>
                {
                    if (Interlocked.Exchange(ref claimed[helper], 1) == 0)
                    {
                        ReadShare(level, ref next, ct);
                    }
                },
                CancellationToken.None);
        }

        ReadShare(level, ref next, ct);
        for (var i = 0; i < helpers; i++)
        {
            // In a busy thread pool a helper may not have begun; nothing is left for it, so nobody waits for it.
            if (Interlocked.Exchange(ref claimed[i], 1) != 0)
            {
                tasks[i].GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>Reads one directory after the other, as long as no other thread has taken them.</summary>
    private void ReadShare(List<TreeDirectory> level, ref int next, CancellationToken ct)
    {
        var files = new List<FileEntry>();
        var names = new List<string>();
        var problems = new List<string>();
        for (int i; !ct.IsCancellationRequested && (i = Interlocked.Increment(ref next)) < level.Count;)
        {
            var directory = level[i];
            if (!TreeReader.Read(directory, shape, Found))
            {
                _rootIsGone |= directory.Parent is null;
            }
            else if (directory.Problem is { } problem)
            {
                problems.Add(problem);
            }
        }

        lock (_gate)
        {
            _files.AddRange(files);
            _names.AddRange(names);
            _problems.AddRange(problems);
        }

        void Found(TreeDirectory directory, int descriptor, ReadOnlySpan<byte> nameWithZero, string name)
        {
            if (since is not { } oldest)
            {
                if (wanted(name))
                {
                    names.Add(directory.PathOf(name));
                }

                return;
            }

            var path = directory.PathOf(name);
            switch (TreeReader.Look(path, descriptor, nameWithZero))
            {
                case { State: { } state }:
                    if (state.ModifiedAt >= oldest)
                    {
                        files.Add(state.At(path));
                    }

                    break;
                case { Problem: { } problem }:
                    problems.Add(problem);
                    break;
            }
        }
    }
}
