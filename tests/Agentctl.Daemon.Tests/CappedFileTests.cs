using Agentctl.Core;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class CappedFileTests
{
    [Fact]
    public void Log_never_grows_beyond_twice_its_limit_and_keeps_the_newest()
    {
        using var home = new TempHome();
        var path = DaemonProtocol.LogPath(home.AgentctlHome);
        using (var file = new CappedFile(path, limitBytes: 1000))
        {
            for (var line = 0; line < 500; line++)
            {
                file.Append($"line {line}");
            }
        }

        var newest = File.ReadAllText(path);
        Assert.EndsWith("line 499\n", newest, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(path).Length, 1, 1000);
        Assert.InRange(new FileInfo(path + ".1").Length, 1, 1000);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(path)!).Length);
    }

    [Fact]
    public void Log_that_cannot_be_written_disturbs_nobody()
    {
        using var home = new TempHome();
        var path = DaemonProtocol.LogPath(home.AgentctlHome);
        using var file = new CappedFile(path, limitBytes: 1000);
        Directory.CreateDirectory(path);
        file.Append("lost");
        Directory.Delete(path);
        file.Append("kept");
        Assert.Equal("kept\n", File.ReadAllText(path));
    }
}
