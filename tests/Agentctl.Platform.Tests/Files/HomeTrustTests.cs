using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class HomeTrustTests
{
    private const UnixFileMode Everybody = (UnixFileMode)0x1FF;
    private const UnixFileMode Group = (UnixFileMode)0x1F8; // 0770
    private const UnixFileMode Readable = (UnixFileMode)0x1ED; // 0755

    [Fact]
    public void Absent_empty_and_own_homes_are_trusted()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(HomeTrust.WhyRefused(folder["absent"]));
        Directory.CreateDirectory(folder["empty"]);
        File.SetUnixFileMode(folder["empty"], Everybody);
        Assert.Null(HomeTrust.WhyRefused(folder["empty"]));
        folder.Write("own/config.json", "{}");
        File.SetUnixFileMode(folder["own"], Readable);
        Assert.Null(HomeTrust.WhyRefused(folder["own"]));
        Assert.Null(HomeTrust.WhyRefused(folder["own"] + "/"));
    }

    [Theory]
    [InlineData(Everybody)]
    [InlineData(Group)]
    public void Home_that_others_can_write_is_refused_when_something_is_in_it(UnixFileMode mode)
    {
        using var folder = new TemporaryFolder();
        folder.Write("home/config.json", "{}");
        File.SetUnixFileMode(folder["home"], mode);

        var refused = HomeTrust.WhyRefused(folder["home"]);

        Assert.Contains("can be written by other users", refused, StringComparison.Ordinal);
        Assert.Contains($"chmod 700 {folder["home"]}", refused, StringComparison.Ordinal);
        Assert.Equal(mode, File.GetUnixFileMode(folder["home"]));
    }

    [Fact]
    public void Link_and_file_in_place_of_the_home_are_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["target"]);
        Directory.CreateSymbolicLink(folder["link"], folder["target"]);
        folder.Write("file", "");
        Assert.Contains("symbolic link", HomeTrust.WhyRefused(folder["link"]), StringComparison.Ordinal);
        Assert.Contains("not a directory", HomeTrust.WhyRefused(folder["file"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_of_another_user_is_refused()
    {
        Requirement.That(Environment.UserName == "root", "root, to give a directory away");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["home"]);
        await Child.Run("chown", "65534", folder["home"]);
        Assert.Contains("belongs to user 65534", HomeTrust.WhyRefused(folder["home"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_behind_a_link_of_another_user_is_refused_and_behind_an_own_one_is_not()
    {
        Requirement.That(Environment.UserName == "root", "root, to give a link away");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["real/home"]);
        Directory.CreateSymbolicLink(folder["link"], folder["real"]);
        Directory.CreateSymbolicLink(folder["outer"], folder["link"]);
        Assert.Null(HomeTrust.WhyRefused(folder["outer/home"]));

        await Child.Run("chown", "-h", "65534", folder["link"]);
        Assert.Contains("a symbolic link of user 65534", HomeTrust.WhyRefused(folder["link/home"]), StringComparison.Ordinal);
        Assert.Contains("a symbolic link of user 65534", HomeTrust.WhyRefused(folder["outer/home"]), StringComparison.Ordinal);
        Assert.Contains("a symbolic link of user 65534", HomeTrust.WhyRefused(folder["real/../link/home"].Replace("/real/../", "/./", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
