using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class PrivateDirectoryTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void Directory_is_made_with_its_parents_and_closed_to_others()
    {
        using var folder = new TemporaryFolder();
        PrivateDirectory.Ensure(folder["a/b/c"]);
        PrivateDirectory.Ensure(folder["a/b/c/"]);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder["a/b/c"]));
    }

    [Fact]
    public void Open_directory_of_ours_is_closed_to_others()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        File.SetUnixFileMode(folder["a"], (UnixFileMode)0x1FF);
        PrivateDirectory.Ensure(folder["a"]);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder["a"]));
    }

    [Fact]
    public void Symbolic_link_is_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["target"]);
        Directory.CreateSymbolicLink(folder["a"], folder["target"]);
        Assert.Contains("symbolic link", Assert.Throws<UnauthorizedAccessException>(() => PrivateDirectory.Ensure(folder["a"])).Message);
        Assert.Contains("symbolic link", Assert.Throws<UnauthorizedAccessException>(() => PrivateDirectory.Ensure(folder["a"] + "/")).Message);
    }

    [Fact]
    public void File_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a", "");
        Assert.Contains("is not a directory", Assert.Throws<IOException>(() => PrivateDirectory.Ensure(path)).Message);
    }

    [Fact]
    public async Task Directory_of_another_user_is_refused()
    {
        Requirement.That(Environment.UserName == "root", "root, to give a directory away");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        await Child.Run("chown", "65534", folder["a"]);
        Assert.Contains("belongs to user 65534", Assert.Throws<UnauthorizedAccessException>(() => PrivateDirectory.Ensure(folder["a"])).Message);
    }
}
