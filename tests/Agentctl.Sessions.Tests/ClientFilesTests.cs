using System.Diagnostics;
using Agentctl.Acp;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>What an agent gets when it reads and writes files through its client.</summary>
public sealed class ClientFilesTests : IDisposable
{
    private readonly string folder = RealPath.TryResolve(Directory.CreateTempSubdirectory("acp-").FullName)!;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Pipe_and_device_are_refused_at_once()
    {
        var pipe = Path.Combine(folder, "pipe");
        using (var made = Process.Start("mkfifo", pipe))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var read = await Task.Run(() => Assert.Throws<AcpErrorException>(() => Files.Read(new ReadTextFileRequest("s", pipe)))).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("not a regular file", read.Message, StringComparison.Ordinal);
        var written = Assert.Throws<AcpErrorException>(() => Files.Write(new WriteTextFileRequest("s", pipe, "x")));
        Assert.Contains("not a regular file", written.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_too_large_for_a_message_is_refused()
    {
        var path = Path.Combine(folder, "large");
        using (var file = File.Create(path))
        {
            file.SetLength(100L << 30);
        }

        Assert.Contains("larger than", Assert.Throws<AcpErrorException>(() => Files.Read(new ReadTextFileRequest("s", path, Line: 1, Limit: 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Written_file_keeps_who_may_read_it_and_loses_whose_rights_it_runs_with()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var program = Path.Combine(folder, "program");
        File.WriteAllText(program, "old");
        File.SetUnixFileMode(program, UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        Files.Write(new WriteTextFileRequest("s", program, "new"));
        Assert.Equal(("new", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead), (File.ReadAllText(program), File.GetUnixFileMode(program)));
    }

    [Fact]
    public void New_file_has_the_mode_that_the_umask_leaves()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (ours, theirs) = (Path.Combine(folder, "ours"), Path.Combine(folder, "theirs"));
        File.WriteAllText(theirs, "");
        Files.Write(new WriteTextFileRequest("s", ours, "x"));
        Assert.Equal(File.GetUnixFileMode(theirs), File.GetUnixFileMode(ours));
    }

    [Fact]
    public void Lines_are_counted_from_one()
    {
        var path = Path.Combine(folder, "lines");
        File.WriteAllText(path, "\uFEFFa\nb\nc");
        Assert.Equal("a\nb\nc", Files.Read(new ReadTextFileRequest("s", path)).Content);
        Assert.Equal("b", Files.Read(new ReadTextFileRequest("s", path, Line: 2, Limit: 1)).Content);
    }

    private ClientFiles Files => new([folder]);
}
