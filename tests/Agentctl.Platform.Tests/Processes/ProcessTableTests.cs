using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ProcessTableTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Process_is_described_as_it_was_started()
    {
        using var folder = new TemporaryFolder();
        var log = folder.Write("out.log", "");
        var input = folder.Write("in.txt", "x");
        using var child = Child.Start(
            ["bash", "-c", "cd \"$1\" && exec 7>>out.log 8<in.txt && echo ready && read line", "a name", folder.Path, "", "ü"],
            new Dictionary<string, string> { ["GREETING"] = "hello = world" });
        await child.Line();
        var stat = ProcessStat.Read(child.Pid)!;

        var seen = ProcessTable.Take().Find(child.Pid)!;

        Assert.Equal((stat.StartTicks, stat.ParentPid, stat.SessionId, "bash"), (seen.StartTicks, seen.ParentPid, seen.SessionId, seen.Comm));
        Assert.Equal(["bash", "-c", "cd \"$1\" && exec 7>>out.log 8<in.txt && echo ready && read line", "a name", folder.Path, "", "ü"], seen.Argv);
        Assert.Equal(folder.Path, seen.WorkingDirectory);
        Assert.Equal("hello = world", seen.Environment!["GREETING"]);
        Assert.EndsWith("/bash", seen.Executable);
        Assert.Contains(new OpenFile(7, log, Writable: true), seen.OpenFiles!);
        Assert.Contains(new OpenFile(8, input, Writable: false), seen.OpenFiles!);
        Assert.DoesNotContain(seen.OpenFiles!, file => file.Descriptor is 0 or 1);
        Assert.InRange(seen.StartedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddSeconds(2));
        Assert.Equal(ProcessTable.Take().PidNamespace, seen.PidNamespace);
    }

    [Fact]
    public void Table_and_identity_name_this_machine()
    {
        var table = ProcessTable.Take();
        var identity = table.Find(Environment.ProcessId)!.Identity;
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), table.BootId);
        Assert.Equal($"pid:[{table.PidNamespace}]", File.ResolveLinkTarget("/proc/self/ns/pid", false)!.Name);
        Assert.Equal((Environment.MachineName, table.BootId, table.PidNamespace), (identity.Host, identity.BootId, identity.PidNamespace));
    }

    [Fact]
    public async Task All_and_find_agree_on_a_living_process()
    {
        using var child = Child.Start("sh", "-c", "echo; read line");
        await child.Line();
        var table = ProcessTable.Take();
        var found = table.Find(child.Pid);
        Assert.Same(found, Assert.Single(table.All, entry => entry.Pid == child.Pid));
        Assert.Contains(ProcessTable.Take().All, entry => entry.Identity == found!.Identity);
        Assert.Equal(table.All.Count, table.All.DistinctBy(entry => entry.Pid).Count());
    }

    [Fact]
    public async Task Zombie_is_gone()
    {
        using var parent = Child.Start("perl", "-e", "$| = 1; my $p = fork; exit 3 if !$p; print qq($p\\n); <STDIN>");
        var pid = int.Parse(await parent.Line());
        await Eventually.True("the zombie", Soon, () => ProcessStat.Read(pid)?.State == 'Z');
        var table = ProcessTable.Take();
        Assert.Null(table.Find(pid));
        Assert.DoesNotContain(table.All, entry => entry.Pid == pid);
    }

    [Fact]
    public async Task Process_whose_first_thread_ended_lives()
    {
        Requirement.That(await Child.Run("perl", "-MConfig", "-e", "print $Config{useithreads} // 'no'") == "define", "a perl with threads");
        // 60 = exit, of the calling thread only.
        using var child = Child.Start("perl", "-Mthreads", "-e", "$| = 1; threads->create(sub { <STDIN> }); print qq(ready\\n); syscall(60, 0)");
        await child.Line();
        await Eventually.True("the first thread end", Soon, () => ProcessStat.Read(child.Pid)?.State == 'Z');
        Assert.NotNull(ProcessTable.Take().Find(child.Pid));
        using var watch = ExitWatch.Start();
        var exited = new TaskCompletionSource();
        Assert.NotNull(watch.TryWatch(child.Identity, exited.SetResult));
        child.CloseInput();
        await exited.Task.WaitAsync(Soon);
        Assert.Null(ProcessTable.Take().Find(child.Pid));
    }

    [Fact]
    public void Thread_is_no_process()
    {
        // Threads have entries below /proc that are not listed there.
        var thread = Directory.EnumerateDirectories("/proc/self/task").Select(Path.GetFileName).First(id => id != $"{Environment.ProcessId}");
        Assert.True(Directory.Exists($"/proc/{thread}"));
        Assert.Null(ProcessTable.Take().Find(int.Parse(thread!)));
        using var watch = ExitWatch.Start();
        var me = ProcessTable.Take().Find(Environment.ProcessId)!.Identity;
        Assert.Null(watch.TryWatch(me with { Pid = int.Parse(thread!) }, () => { }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Pid_of_nobody_is_found_nowhere(int pid) => Assert.Null(ProcessTable.Take().Find(pid));

    [Fact]
    public async Task Process_that_ended_meanwhile_gives_no_details()
    {
        using var child = Child.Start("sleep", "600");
        var entry = ProcessTable.Take().Find(child.Pid)!;
        await child.Kill();
        Assert.Null(entry.Argv);
        Assert.Null(entry.WorkingDirectory);
        Assert.Null(entry.Environment);
        Assert.Null(entry.OpenFiles);
        Assert.Null(entry.PidNamespace);
    }

    [Fact]
    public async Task Long_command_line_and_environment_are_read_whole()
    {
        var text = new string('x', 100_000);
        using var child = Child.Start(["sh", "-c", "echo; read line", text], new Dictionary<string, string> { ["LONG"] = text });
        await child.Line();
        var entry = ProcessTable.Take().Find(child.Pid)!;
        Assert.Equal(text, entry.Argv![^1]);
        Assert.Equal(text, entry.Environment!["LONG"]);
    }

    [Fact]
    public async Task Process_of_another_user_shows_its_user()
    {
        Requirement.That(Environment.UserName == "root", "root, to become another user");
        using var child = Child.Start("setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c", "echo; read line");
        await child.Line();
        Assert.Equal(65534u, ProcessTable.Take().Find(child.Pid)!.UserId);
        Assert.Equal(0u, ProcessTable.Take().UserId);
    }
}
