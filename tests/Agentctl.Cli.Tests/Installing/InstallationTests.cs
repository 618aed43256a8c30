using Agentctl.Cli.Installing;
using Xunit;

namespace Agentctl.Cli.Tests.Installing;

public sealed class InstallationTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("agentctl-test-");
    private readonly string prefix;
    private readonly string source;

    public InstallationTests()
    {
        prefix = Path.Combine(folder.FullName, "prefix");
        source = Path.Combine(folder.FullName, "source");
        Directory.CreateDirectory(source);
        foreach (var name in (string[])["agentctl", "agentctld", ".built"])
        {
            File.WriteAllText(Path.Combine(source, name), name);
        }
    }

    private Installation Installation => new(prefix, source);
    private string Link => Path.Combine(prefix, "bin", "agent-ctl");

    [Fact]
    public void Install_puts_both_names_on_the_path_and_uninstall_takes_everything_away()
    {
        Assert.Equal(ExitCode.Done, Installation.Install().Code);
        Assert.Equal("agentctl", File.ReadAllText(Link));
        Assert.True(File.Exists(Path.Combine(prefix, "lib", "agentctl", "agentctld")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(prefix, "lib", "agentctl", ".installed")));

        Assert.Equal(ExitCode.Done, Installation.Uninstall().Code);
        Assert.Empty(Directory.GetFiles(prefix, "*", SearchOption.AllDirectories));
        Assert.Equal(ExitCode.NotFound, Installation.Uninstall().Code);
    }

    [Fact]
    public void Install_again_replaces_what_was_installed()
    {
        Installation.Install();
        File.WriteAllText(Path.Combine(source, "agentctl"), "newer");
        File.Delete(Path.Combine(source, "agentctld"));
        Assert.Equal(ExitCode.Done, Installation.Install().Code);
        Assert.Equal("newer", File.ReadAllText(Link));
        Assert.False(File.Exists(Path.Combine(prefix, "lib", "agentctl", "agentctld")));
    }

    [Fact]
    public void Install_leaves_foreign_files_alone()
    {
        Directory.CreateDirectory(Path.Combine(prefix, "bin"));
        File.WriteAllText(Link, "the Node tool");
        var outcome = Installation.Install();
        Assert.Equal(ExitCode.Refused, outcome.Code);
        Assert.Contains(Link, outcome.Lines[0], StringComparison.Ordinal);
        Assert.Equal("the Node tool", File.ReadAllText(Link));
        Assert.False(Directory.Exists(Path.Combine(prefix, "lib")));
    }

    [Fact]
    public void Uninstall_keeps_what_others_put_beside()
    {
        Installation.Install();
        var mine = Path.Combine(prefix, "lib", "agentctl", "notes.txt");
        File.WriteAllText(mine, "mine");
        Installation.Install();
        Installation.Uninstall();
        Assert.Equal([mine], Directory.GetFiles(prefix, "*", SearchOption.AllDirectories));
    }

    public void Dispose() => folder.Delete(recursive: true);
}
