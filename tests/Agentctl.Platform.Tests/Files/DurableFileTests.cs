using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class DurableFileTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void Content_and_mode_are_replaced_and_nothing_is_left_beside()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "old");
        var inode = NativeFile.Stat(path)!.Value.Inode;
        DurableFile.Replace(path, "new"u8, OwnerOnly);
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.NotEqual(inode, NativeFile.Stat(path)!.Value.Inode);
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task File_is_created_by_exactly_one_of_many_and_never_replaced()
    {
        using var folder = new TemporaryFolder();
        var created = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => DurableFile.TryCreate(folder["x"], System.Text.Encoding.ASCII.GetBytes($"writer {i}"), OwnerOnly))));
        var winner = Array.IndexOf(created, true);
        Assert.Single(created, static one => one);
        Assert.Equal($"writer {winner}", File.ReadAllText(folder["x"]));
        Assert.False(DurableFile.TryCreate(folder["x"], "later"u8, OwnerOnly));
        Assert.Equal([folder["x"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Front_of_a_file_goes_back_to_the_disk_and_its_end_stays_where_it_was()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", new string('a', 100_000) + new string('b', 10_000));
        HolePunch.KeepLast(path, 10_000);
        var content = File.ReadAllText(path);
        Assert.Equal(110_000, content.Length);
        Assert.Equal(new string('b', 10_000), content[100_000..]);
        Assert.Equal('\0', content[90_000]);
        HolePunch.KeepLast(folder["missing"], 10);
        Assert.False(File.Exists(folder["missing"]));
    }

    [Fact]
    public void Mode_does_not_depend_on_the_umask()
    {
        using var folder = new TemporaryFolder();
        DurableFile.Replace(folder["x"], [], (UnixFileMode)0x1B6);
        Assert.Equal((UnixFileMode)0x1B6, File.GetUnixFileMode(folder["x"]));
        Assert.Empty(File.ReadAllBytes(folder["x"]));
    }

    [Fact]
    public void Link_at_the_target_is_replaced_and_not_followed()
    {
        using var folder = new TemporaryFolder();
        var target = folder.Write("target", "untouched");
        File.CreateSymbolicLink(folder["x"], target);
        DurableFile.Replace(folder["x"], "new"u8, OwnerOnly);
        Assert.Equal("untouched", File.ReadAllText(target));
        Assert.Equal("new", File.ReadAllText(folder["x"]));
    }

    [Fact]
    public void Missing_directory_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var failure = Assert.ThrowsAny<IOException>(() => DurableFile.Replace(folder["absent/x"], "new"u8, OwnerOnly));
        Assert.Contains(folder["absent/x"], failure.Message);
    }

    [Fact]
    public void Target_that_is_a_directory_stays_and_nothing_is_left_beside()
    {
        using var folder = new TemporaryFolder();
        folder.Write("x/y", "");
        Assert.ThrowsAny<IOException>(() => DurableFile.Replace(folder["x"], "new"u8, OwnerOnly));
        Assert.Equal([folder["x"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Full_disk_is_an_error_and_the_old_content_stays()
    {
        Requirement.That(Environment.UserName == "root", "root, to mount a small file system");
        using var folder = new TemporaryFolder();
        // The mount is seen by that shell alone and goes with it.
        var output = await Child.Run([
            "unshare", "--mount", "sh", "-c",
            "cd \"$1\" && shift && mount -t tmpfs -o size=64k none . && echo old >x && ! \"$@\" 2>&1 && cat x && ls -A",
            "sh", folder.Path, .. Probe.Command("replace", "x", "1000000")]);
        Assert.Contains("System.IO.IOException: cannot write x: No space left on device", output);
        Assert.EndsWith("old\nx\n", output);
    }
}
