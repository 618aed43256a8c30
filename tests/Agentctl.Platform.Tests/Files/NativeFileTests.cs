using System.Text;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class NativeFileTests
{
    [Fact]
    public async Task Stat_tells_inode_size_and_time()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "12345");
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 11, 21, 1, 2, 3, 456, DateTimeKind.Utc).AddTicks(7));
        var seen = NativeFile.Stat(path)!.Value;
        Assert.Equal((await Child.Run("stat", "-c", "%i", path)).Trim(), $"{seen.Inode}");
        Assert.Equal(new FileEntry(path, seen.Inode, 5, new DateTimeOffset(File.GetLastWriteTimeUtc(path))), seen);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 1, 2, 3, 456, TimeSpan.Zero).AddTicks(7), seen.ModifiedAt);
    }

    [Fact]
    public void What_is_not_there_is_null()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("file", "");
        foreach (var path in (string[])[folder["absent"], folder["absent/below"], file + "/below"])
        {
            Assert.Null(NativeFile.Stat(path));
            Assert.Null(NativeFile.ReadSmall(path, 10));
            Assert.Empty(JsonLines.Forward(path));
        }
    }

    [Fact]
    public async Task Pipe_and_directory_are_neither_waited_for_nor_read()
    {
        using var folder = new TemporaryFolder();
        await Child.Run("mkfifo", folder["pipe"]);
        foreach (var path in (string[])[folder["pipe"], folder.Path, "/dev/zero"])
        {
            Assert.Null(NativeFile.Stat(path));
            Assert.Throws<IOException>(() => NativeFile.ReadSmall(path, 10));
        }
    }

    [Fact]
    public void File_over_the_limit_is_refused_and_one_at_the_limit_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "12345");
        Assert.Equal("12345", Encoding.UTF8.GetString(NativeFile.ReadSmall(path, 5)!));
        Assert.Contains(path, Assert.Throws<IOException>(() => NativeFile.ReadSmall(path, 4)).Message);
        Assert.Empty(NativeFile.ReadSmall(folder.Write("empty", ""), 0)!);
    }

    [Fact]
    public async Task File_that_may_not_be_read_is_no_absent_file()
    {
        Requirement.That(Environment.UserName != "root" || File.Exists("/usr/bin/setpriv"), "a user to whom modes apply");
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "y");
        File.SetUnixFileMode(path, UnixFileMode.None);
        if (Environment.UserName == "root")
        {
            // Root may read all; a process without that privilege says what it sees.
            using var child = Child.Start(["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--", .. Probe.Command("read", path)], new Dictionary<string, string>());
            Assert.Equal("UnauthorizedAccessException", await child.Line());
        }
        else
        {
            Assert.Throws<UnauthorizedAccessException>(() => NativeFile.ReadSmall(path, 10));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Name_that_is_no_path_names_no_file(string path)
    {
        Assert.Null(NativeFile.Stat(path));
        Assert.Null(NativeFile.ReadSmall(path, 10));
        Assert.Empty(JsonLines.Forward(path));
    }

    [Fact]
    public void Name_that_is_too_long_names_no_file() => Assert.Null(NativeFile.Stat("/" + new string('x', 5000)));

    /// <summary>tmpfs keeps any time of 64 bits.</summary>
    [Theory]
    [InlineData("@99999999999999", 9999)]
    [InlineData("@-99999999999999", 1)]
    public async Task Time_outside_the_calendar_is_its_edge(string time, int year)
    {
        var path = Path.Combine("/dev/shm", $"agentctl-{Guid.NewGuid():n}");
        await File.WriteAllTextAsync(path, "x");
        try
        {
            await Child.Run("touch", "-d", time, path);
            Assert.Equal(year, NativeFile.Stat(path)!.Value.ModifiedAt.Year);
            Assert.True(NativeFile.Stat(path)!.Value.ModifiedAt + TimeSpan.FromHours(1) > DateTimeOffset.MinValue);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
