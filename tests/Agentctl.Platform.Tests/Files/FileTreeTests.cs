using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class FileTreeTests
{
    private static FileTree Jsonl(string root, int maxDepth) => new(root, static name => name.EndsWith(".jsonl", StringComparison.Ordinal), maxDepth);

    private static IEnumerable<string> Found(FileTree tree, TemporaryFolder folder) =>
        tree.Scan(CancellationToken.None).Files.Select(file => Path.GetRelativePath(folder.Path, file.Path)).Order(StringComparer.Ordinal);

    [Theory]
    [InlineData(1, "0.jsonl")]
    [InlineData(2, "0.jsonl a/1.jsonl")]
    [InlineData(3, "0.jsonl a/1.jsonl a/b/2.jsonl")]
    public void Wanted_files_are_found_down_to_the_depth_of_find(int maxDepth, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("0.jsonl", "");
        folder.Write("a/1.jsonl", "");
        folder.Write("a/1.txt", "");
        folder.Write("a/b/2.jsonl", "");
        using var tree = Jsonl(folder.Path, maxDepth);
        Assert.Equal(expected.Split(' '), Found(tree, folder));
        Assert.Equal(tree.Scan(CancellationToken.None).Files.Select(file => file.Path), tree.Names(CancellationToken.None));
        using var watch = tree.Watch(() => { });
        Assert.Equal(expected.Split(' '), Found(tree, folder));
        Assert.Equal(tree.Scan(CancellationToken.None).Files.Select(file => file.Path), tree.Names(CancellationToken.None));
    }

    [Fact]
    public void File_is_told_as_stat_tells_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.jsonl", "12345");
        using var tree = Jsonl(folder.Path + "/", 1);
        Assert.Equal([NativeFile.Stat(path)!.Value], tree.Scan(CancellationToken.None).Files);
    }

    [Fact]
    public void Missing_root_is_no_error()
    {
        using var folder = new TemporaryFolder();
        using var tree = Jsonl(folder["absent/x"], 2);
        var scan = tree.Scan(CancellationToken.None);
        Assert.False(scan.Exists);
        Assert.Empty(scan.Files);
        Assert.Empty(scan.Problems);
        Assert.Empty(tree.Names(CancellationToken.None));
    }

    [Fact]
    public void Empty_root_exists()
    {
        using var folder = new TemporaryFolder();
        using var tree = Jsonl(folder.Path, 2);
        Assert.True(tree.Scan(CancellationToken.None).Exists);
    }

    [Fact]
    public void Links_to_files_are_followed_and_links_to_directories_are_not()
    {
        using var folder = new TemporaryFolder();
        var outside = folder.Write("outside/x.jsonl", "123");
        Directory.CreateDirectory(folder["root"]);
        File.CreateSymbolicLink(folder["root/link.jsonl"], outside);
        File.CreateSymbolicLink(folder["root/dangling.jsonl"], folder["nowhere"]);
        Directory.CreateSymbolicLink(folder["root/loop"], folder["root"]);
        Directory.CreateSymbolicLink(folder["root/dir.jsonl"], folder["outside"]);
        Directory.CreateSymbolicLink(folder["rootlink"], folder["root"]);
        foreach (var root in (string[])["root", "rootlink"])
        {
            using var tree = Jsonl(folder[root], 9);
            Assert.Equal(3, Assert.Single(tree.Scan(CancellationToken.None).Files).SizeBytes);
            using var watch = tree.Watch(() => { });
            Assert.Equal(folder[root + "/link.jsonl"], Assert.Single(tree.Scan(CancellationToken.None).Files).Path);
            File.AppendAllText(outside, "4");
            Assert.Equal(4, Assert.Single(tree.Scan(CancellationToken.None).Files).SizeBytes);
            File.WriteAllText(outside, "123");
        }
    }

    [Fact]
    public async Task Directory_that_may_not_be_read_is_named_and_the_rest_is_found()
    {
        using var folder = new TemporaryFolder();
        folder.Write("good/x.jsonl", "");
        folder.Write("bad/x.jsonl", "");
        File.SetUnixFileMode(folder["bad"], UnixFileMode.None);
        // Root may read all: ask a process that has given up that privilege.
        string[] plain = Environment.UserName == "root" ? ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--"] : [];
        foreach (var how in (string[])["scan", "watched-scan"])
        {
            var lines = (await Child.Run([.. plain, .. Probe.Command(how, folder.Path)])).TrimEnd().Split('\n');
            Assert.Equal([folder["good/x.jsonl"], $"cannot read {folder["bad"]}: Permission denied"], lines);
        }

        File.SetUnixFileMode(folder["bad"], (UnixFileMode)0x1C0);
    }

    [Fact]
    public void Names_that_are_strange_are_names()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["a b.jsonl", "ü.jsonl", "-rf.jsonl", "new\nline.jsonl", ".jsonl", "'\".jsonl"];
        foreach (var name in names)
        {
            folder.Write(name, "");
        }

        using var tree = Jsonl(folder.Path, 1);
        Assert.Equal(names.Order(StringComparer.Ordinal), Found(tree, folder));
    }

    [Fact]
    public void Cancelled_look_ends()
    {
        using var folder = new TemporaryFolder();
        Assert.All(Enumerable.Range(0, 100), i => folder.Write($"d{i}/x.jsonl", ""));
        using var tree = Jsonl(folder.Path, 2);
        Assert.Throws<OperationCanceledException>(() => tree.Scan(new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Thousands_of_files_are_all_found()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 3_000; i++)
        {
            folder.Write($"d{i % 120}/{Guid.NewGuid()}.jsonl", "");
        }

        using var tree = Jsonl(folder.Path, 2);
        Assert.Equal(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal),
            tree.Scan(CancellationToken.None).Files.Select(file => file.Path).Order(StringComparer.Ordinal));
    }
}
