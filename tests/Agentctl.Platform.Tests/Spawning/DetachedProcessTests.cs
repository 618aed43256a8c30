using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class DetachedProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Child_has_its_own_session_plain_signals_and_one_descriptor_of_ours()
    {
        using var folder = new TemporaryFolder();
        using var kept = File.Open(folder.Write("open", ""), FileMode.Open, FileAccess.ReadWrite, FileShare.Inheritable | FileShare.ReadWrite);
        using var child = DetachedProcess.Start("/bin/sleep", ["600"], Variables(), "/");
        using var ended = new Ending(ProcessTable.Take().Find(child.Pid)!);

        // The spawner goes on when the child leaves its memory, a moment before the kernel has laid out the program's own.
        var seen = (await Eventually.See("the child's environment", Deadline, () => ProcessTable.Take().Find(child.Pid), process => process?.Environment?.ContainsKey("A") == true))!;
        Assert.Equal((child.Pid, child.Pid, "/"), (seen.SessionId, seen.ProcessGroup, seen.WorkingDirectory));
        Assert.Equal("ä", seen.Environment!["A"]);
        Assert.DoesNotContain("HOME", seen.Environment!.Keys);
        var descriptors = Directory.GetFileSystemEntries($"/proc/{child.Pid}/fd").ToDictionary(path => Path.GetFileName(path), path => new FileInfo(path).LinkTarget);
        Assert.Equal(["0", "1", "2", "3"], descriptors.Keys.Order());
        Assert.Equal(["/dev/null", "/dev/null", "/dev/null"], descriptors.Where(pair => pair.Key != "3").Select(pair => pair.Value));

        // Signals 32 and 33 are glibc's own; its posix_spawn leaves them ignored.
        const ulong ours = 0x7fff_ffff;
        var signals = File.ReadLines($"/proc/{child.Pid}/status").Where(line => line.StartsWith("SigBlk", StringComparison.Ordinal) || line.StartsWith("SigIgn", StringComparison.Ordinal));
        Assert.Equal([0UL, 0UL], signals.Select(line => Convert.ToUInt64(line.Split('\t')[1], 16) & ours));
    }

    [Fact]
    public async Task Child_that_ended_is_taken_off_the_table()
    {
        using var child = Shell("exit 7");
        await Told(child);
        int? code = null;
        await Eventually.True("its exit code", Deadline, () => (code ??= child.TryReap()) is not null);
        Assert.Equal(7, code);
        Assert.Null(ProcessStat.Read(child.Pid));
    }

    [Fact]
    public void Program_that_is_not_there_is_named()
    {
        var failure = Assert.Throws<FileNotFoundException>(() => DetachedProcess.Start("/nowhere/x", [], new Dictionary<string, string>(), "/"));
        Assert.Contains("/nowhere/x", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_that_may_not_be_executed_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "no program");
        Assert.Contains(path, Assert.Throws<UnauthorizedAccessException>(() => DetachedProcess.Start(path, [], new Dictionary<string, string>(), "/")).Message, StringComparison.Ordinal);
    }

    private static DetachedProcess Shell(string script) => DetachedProcess.Start("/bin/sh", ["-c", script], Variables(), "/");

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string> { ["A"] = "ä" };
        if (Environment.GetEnvironmentVariable(Sandbox.RunCookie) is { } run)
        {
            variables[Sandbox.RunCookie] = run;
        }

        return variables;
    }

    private sealed class Ending(ProcessEntry process) : IDisposable
    {
        public void Dispose() => Assert.True(ProcessSignal.TryKill(process.Identity, out var problem), problem);
    }

    private static async Task<string> Told(DetachedProcess child)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var told = new StringBuilder();
        var buffer = new byte[4096];
        int length;
        while ((length = await child.Channel.ReceiveAsync(buffer, SocketFlags.None, deadline.Token)) > 0)
        {
            told.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        return told.ToString();
    }
}
