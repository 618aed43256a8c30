using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Launches.Tests;

/// <summary>Which launches live although their marker, their directory or their lease is not where it belongs; with processes and locks that the test writes.</summary>
public sealed class HiddenLaunchesTests : IDisposable
{
    private const int Shim = 100;
    private const int Agent = 101;
    private const ulong Inode = 4711;

    private readonly Home home = new();
    private readonly string id = LaunchId.New();
    private readonly FakeProcessTable table = new();
    private readonly HashSet<(int Pid, int Descriptor, bool IsFirst)> locks = [];
    private readonly HiddenLaunches hidden;
    private int fdinfoReads;

    public HiddenLaunchesTests()
    {
        Directory.CreateDirectory(home.Places.Live);
        Directory.CreateDirectory(home.Places.Launches);
        hidden = new HiddenLaunches(home.Places, () => table, (pid, descriptor, isFirst) =>
        {
            fdinfoReads++;
            return locks.Contains((pid, descriptor, isFirst));
        });
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Shim_whose_directory_was_moved_is_found_with_and_without_its_marker(bool isMarked, bool isEverythingMoved)
    {
        Mark(isMarked);
        AddShim("/elsewhere/x/lease");
        if (isEverythingMoved)
        {
            Directory.Delete(home.Places.Launches);
        }

        var holder = hidden.Find()[id];

        Assert.Equal((table.Find(Shim)!.Identity, false, "/elsewhere/x/lease", true), (holder.Shim!.Value, holder.IsInPlace, holder.MovedTo, holder.IsLocked));
    }

    [Fact]
    public void Shim_whose_directory_was_moved_and_replaced_by_a_copy_is_found()
    {
        Mark(true);
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(home.Places.Of(id)).FullName, LaunchFiles.Lease), []);
        AddShim("/elsewhere/x/lease");

        Assert.False(hidden.Find()[id].IsInPlace);
    }

    [Fact]
    public void Shim_whose_directory_was_replaced_by_a_link_to_it_is_found()
    {
        Mark(true);
        var moved = Directory.CreateDirectory(Path.Combine(home.Path, "elsewhere")).FullName;
        var lease = Path.Combine(moved, LaunchFiles.Lease);
        File.WriteAllBytes(lease, []);
        Directory.CreateSymbolicLink(home.Places.Of(id), moved);
        AddShim(lease, NativeFile.Stat(lease)!.Value.Inode);

        Assert.Equal(lease, hidden.Find()[id].MovedTo);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "this home")]
    public void Agent_that_killed_its_shim_and_moved_its_directory_is_found_by_its_lock_and_cookie(bool isMarked, string? inherited)
    {
        Mark(isMarked);
        AddAgent("/elsewhere/x/lease", inherited is null ? null : home.Path);
        Hold(Agent, ShimProtocol.LeaseDescriptor, isFirst: false);

        var holder = hidden.Find()[id];

        Assert.Equal((null, table.Find(Agent)!.Identity, "/elsewhere/x/lease", true), (holder.Shim, holder.Agent!.Value, holder.MovedTo, holder.IsLocked));
    }

    [Fact]
    public void Agent_that_killed_its_shim_and_released_its_lock_is_found_by_its_cookie()
    {
        Mark(true);
        AddAgent("/tmp/other");

        var holder = hidden.Find()[id];

        Assert.Equal((null, table.Find(Agent)!.Identity, false), (holder.Shim, holder.Agent!.Value, holder.IsLocked));
    }

    [Theory]
    [InlineData("/another")]
    [InlineData(null)]
    public void Agent_of_another_home_is_not_found(string? inherited)
    {
        AddAgent("/elsewhere/x/lease", inherited);
        Hold(Agent, ShimProtocol.LeaseDescriptor, isFirst: false);

        Assert.Empty(hidden.Find());
    }

    [Fact]
    public void Marker_without_a_directory_and_a_process_is_no_launch()
    {
        Mark(true);
        table.Add(Agent).Variables = new Dictionary<string, string> { [ShimProtocol.Cookie] = LaunchId.New() };

        Assert.Empty(hidden.Find());
    }

    [Fact]
    public void Lock_on_a_reused_inode_keeps_no_launch_alive()
    {
        Mark(true);
        table.Add(Shim, openFiles: [new OpenFile(DetachedOptions.LeaseDescriptor, "/var/lib/other/lock")]).Variables = new Dictionary<string, string>();
        Hold(Shim, DetachedOptions.LeaseDescriptor, isFirst: true);

        Assert.Empty(hidden.Find());
    }

    [Theory]
    [InlineData("another home")]
    [InlineData("no lock")]
    [InlineData("no session leader")]
    [InlineData("another user")]
    [InlineData("no launch id")]
    public void Process_that_is_no_shim_of_this_home_is_not_found(string what)
    {
        Mark(true);
        var folder = what switch
        {
            "another home" => $"/another/launches/{id}",
            "no launch id" => Path.Combine(home.Places.Launches, "on-create"),
            _ => LaunchLeases.FolderOf(home.Places, id),
        };
        AddShim("/elsewhere/x/lease", userId: what == "another user" ? 1001 : null, folder: folder, pid: Shim, sessionId: what == "no session leader" ? 1 : Shim);
        if (what == "no lock")
        {
            locks.Clear();
        }

        Assert.Empty(hidden.Find());
    }

    [Fact]
    public void Shim_without_children_is_about_to_end()
    {
        Mark(true);
        AddShim("/elsewhere/x/lease");
        table.Remove(Agent);

        Assert.Empty(hidden.Find());
    }

    [Fact]
    public void Oldest_of_several_claimants_is_the_shim()
    {
        AddShim("/elsewhere/y/lease", pid: 200, startTicks: 2000);
        AddShim("/elsewhere/x/lease", pid: Shim, startTicks: 1000);
        AddShim("/elsewhere/z/lease", pid: 300, startTicks: 3000);

        Assert.Equal((Shim, "/elsewhere/x/lease"), (hidden.Find()[id].Shim!.Value.Pid, hidden.Find()[id].MovedTo));
    }

    [Fact]
    public void Lock_of_another_program_costs_one_look()
    {
        table.Add(Shim, openFiles: [new OpenFile(DetachedOptions.LeaseDescriptor, "/var/lib/other/lock")]).Variables = new Dictionary<string, string>();
        Hold(Shim, DetachedOptions.LeaseDescriptor, isFirst: true);
        Assert.Empty(hidden.Find());
        var reads = fdinfoReads;

        Assert.Empty(hidden.Find());

        Assert.Equal(reads, fdinfoReads);
    }

    [Fact]
    public void Lock_of_another_program_is_forgotten_when_it_is_released()
    {
        table.Add(1, openFiles: []).Variables = new Dictionary<string, string>();
        table.Hold("OFDLCK", -1, Inode);
        Assert.Empty(hidden.Find());
        table.Remove(-1);
        Assert.Empty(hidden.Find());

        AddShim("/elsewhere/x/lease");

        Assert.True(hidden.Find().ContainsKey(id));
    }

    [Fact]
    public void Lock_of_another_program_does_not_explain_a_marker_without_a_directory()
    {
        table.Hold("OFDLCK", -1, Inode);
        Assert.Empty(hidden.Find());
        Mark(true);

        // The other program has released its lock and its file, and the inode was reused, between two looks.
        AddShim("/elsewhere/x/lease", Inode);

        Assert.True(hidden.Find().ContainsKey(id));
    }

    public void Dispose() => home.Dispose();

    private void Mark(bool isMarked)
    {
        if (isMarked)
        {
            File.WriteAllBytes(home.Places.LiveMarker(id), []);
        }
    }

    private void AddShim(
        string lease, ulong inode = Inode, int pid = Shim, ulong startTicks = 1000, uint? userId = null, string? folder = null, int? sessionId = null)
    {
        var shim = table.Add(pid, startTicks, userId: userId, openFiles: [new OpenFile(DetachedOptions.LeaseDescriptor, lease, Writable: true)], sessionId: sessionId);
        shim.Variables = new Dictionary<string, string> { [ShimProtocol.Folder] = folder ?? LaunchLeases.FolderOf(home.Places, id) };
        table.Add(pid + 1, startTicks + 1, parent: pid);
        Hold(pid, DetachedOptions.LeaseDescriptor, isFirst: true, inode);
    }

    private void AddAgent(string file, string? agentctlHome = null)
    {
        var variables = new Dictionary<string, string> { [ShimProtocol.Cookie] = id };
        if (agentctlHome is not null)
        {
            variables["AGENTCTL_HOME"] = agentctlHome;
        }

        table.Add(Agent, openFiles: [new OpenFile(ShimProtocol.LeaseDescriptor, file)]).Variables = variables;
    }

    private void Hold(int pid, int descriptor, bool isFirst, ulong inode = Inode)
    {
        table.Hold("OFDLCK", -1, inode);
        locks.Add((pid, descriptor, isFirst));
    }
}
