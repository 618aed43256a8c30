using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class OwnDirectoryTests
{
    [Fact]
    public void Size_counts_regular_files_of_every_level_and_follows_no_link()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, OwnDirectory.SizeBytes(folder["missing"]));
        var inner = Directory.CreateDirectory(Path.Combine(folder["tree"], "a", "b")).FullName;
        File.WriteAllText(Path.Combine(folder["tree"], "one"), "12345");
        File.WriteAllText(Path.Combine(inner, "two"), "1234567");
        var outside = Directory.CreateDirectory(folder["outside"]).FullName;
        File.WriteAllText(Path.Combine(outside, "large"), new string('x', 1000));
        Directory.CreateSymbolicLink(Path.Combine(inner, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(inner, "file-link"), Path.Combine(outside, "large"));

        Assert.Equal(12, OwnDirectory.SizeBytes(folder["tree"]));
    }

    [Fact]
    public void Tree_is_deleted_and_what_its_links_point_to_stays()
    {
        using var folder = new TemporaryFolder();
        folder.Write("victim/keep", "keep");
        folder.Write("home/tree/a/b/c", "x");
        folder.Write("home/tree/.hidden", "x");
        Directory.CreateSymbolicLink(folder["home/tree/link"], folder["victim"]);
        File.CreateSymbolicLink(folder["home/tree/a/file-link"], folder["victim/keep"]);

        OwnDirectory.Delete(folder["home"], "tree");

        Assert.False(Directory.Exists(folder["home/tree"]));
        Assert.True(File.Exists(folder["victim/keep"]));
    }

    [Fact]
    public void Link_in_place_of_the_tree_or_of_its_parent_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("victim/tree/keep", "keep");
        Directory.CreateDirectory(folder["home"]);
        Directory.CreateSymbolicLink(folder["home/tree"], folder["victim/tree"]);
        Directory.CreateSymbolicLink(folder["other"], folder["victim"]);

        Assert.Throws<IOException>(() => OwnDirectory.Delete(folder["home"], "tree"));
        Assert.Throws<IOException>(() => OwnDirectory.Delete(folder["other"], "tree"));
        Assert.True(File.Exists(folder["victim/tree/keep"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../victim")]
    [InlineData("/etc")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void Only_a_single_name_is_deleted(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("victim/keep", "keep");
        folder.Write("home/a/b/keep", "keep");
        Assert.Throws<ArgumentException>(() => OwnDirectory.Delete(folder["home"], name));
        Assert.True(File.Exists(folder["victim/keep"]));
        Assert.True(File.Exists(folder["home/a/b/keep"]));
    }

    [Fact]
    public void Absent_directory_has_no_names_and_is_deleted_already()
    {
        using var folder = new TemporaryFolder();
        Assert.Empty(OwnDirectory.Names(folder["absent"]));
        OwnDirectory.Delete(folder["absent"], "tree");
        OwnDirectory.Delete(folder.Path, "absent");
        Assert.Equal(0, OwnDirectory.SizeBytes(folder["absent"]));
    }

    [Fact]
    public async Task Directory_and_file_of_another_user_are_not_read()
    {
        Requirement.That(Environment.UserName == "root", "root, to give a file away");
        using var folder = new TemporaryFolder();
        var file = folder.Write("foreign/record", "{}");
        var own = folder.Write("own/record", "{}");
        await Child.Run("chown", "-R", "65534", folder["foreign"]);
        Assert.Throws<UnauthorizedAccessException>(() => OwnDirectory.Names(folder["foreign"]));
        Assert.Throws<UnauthorizedAccessException>(() => OwnDirectory.Delete(folder.Path, "foreign"));
        Assert.Contains("belongs to user 65534", Assert.Throws<UnauthorizedAccessException>(() => OwnFile.Read(file, 100)).Message, StringComparison.Ordinal);
        Assert.Equal("{}"u8.ToArray(), OwnFile.Read(own, 100));
        File.CreateSymbolicLink(folder["own/link"], file);
        Assert.Throws<UnauthorizedAccessException>(() => OwnFile.Read(folder["own/link"], 100));
    }

    [Fact]
    public async Task Pipe_directory_and_device_are_no_records_and_are_not_waited_for()
    {
        using var folder = new TemporaryFolder();
        await Child.Run("mkfifo", folder["pipe"]);
        File.CreateSymbolicLink(folder["device"], "/dev/zero");
        Directory.CreateDirectory(folder["directory"]);
        foreach (var name in (string[])["pipe", "device", "directory"])
        {
            Assert.Throws<IOException>(() => OwnFile.Read(folder[name], 100));
        }

        Assert.Null(OwnFile.Read(folder["absent"], 100));
        Assert.Throws<IOException>(() => OwnFile.Read(folder.Write("large", new string('x', 101)), 100));
    }

    [Fact]
    public void Empty_file_is_made_for_the_owner_alone_whatever_the_umask()
    {
        using var folder = new TemporaryFolder();
        OwnFile.CreateEmpty(folder["marker"]);
        OwnFile.CreateEmpty(folder["marker"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["marker"]));
    }
}
