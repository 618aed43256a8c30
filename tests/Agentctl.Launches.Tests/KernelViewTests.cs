using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Launches.Tests;

/// <summary>What a shim's environment and children show counts more than the records that its agent can write.</summary>
public sealed class KernelViewTests : IDisposable
{
    private readonly Home home = new();
    private readonly FakeProcessTable table = new();

    [Theory]
    [InlineData("/elsewhere", null)]
    [InlineData("/work", "0123456789ab")]
    [InlineData(null, null)]
    public void Directory_and_session_are_those_that_the_shim_was_started_for(string? cwd, string? conversation)
    {
        var launch = Held(record => record with { Cwd = cwd, Conversation = conversation });

        var seen = KernelView.OfShim(launch, Shim((ShimProtocol.Directory, "/work")), table);

        Assert.Equal(("/work", null), (seen.Record.Cwd, seen.Record.Conversation));
        Assert.Contains("launch.json names another directory or ACP session", seen.Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void Launch_of_an_acp_session_shares_its_directory()
    {
        var launch = Held(static record => record with { Cwd = "/work", Conversation = "0123456789ab" });

        Assert.Same(launch, KernelView.OfShim(launch, Shim((ShimProtocol.Directory, "/work"), (ShimProtocol.Conversation, "0123456789ab")), table));
    }

    [Fact]
    public void Shim_of_an_earlier_version_contradicts_nothing()
    {
        var launch = Held(static record => record with { Cwd = "/elsewhere" });
        var shim = table.Add(100);
        shim.Variables = new Dictionary<string, string> { [ShimProtocol.Directory] = "/work" };

        Assert.Same(launch, KernelView.OfShim(launch, shim, table));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Launch_waits_for_its_turn_only_while_its_shim_has_no_children(bool hasChild)
    {
        var launch = Held(static record => record with { Cwd = "/work" }) with { Queued = new QueuedRecord(1, Home.Then) };
        var shim = Shim((ShimProtocol.Directory, "/work"));
        if (hasChild)
        {
            table.Add(101, parent: 100);
        }

        var seen = KernelView.OfShim(launch, shim, table);

        Assert.Equal((!hasChild, hasChild), (seen.IsQueued, seen.IsHeld));
    }

    public void Dispose() => home.Dispose();

    private Launch Held(Func<LaunchRecord, LaunchRecord> change) => new() { Record = home.Lay(change), Standing = LaunchStanding.Held };

    private FakeProcess Shim(params (string Name, string Value)[] variables)
    {
        var shim = table.Add(100);
        shim.Variables = variables.Append((ShimProtocol.Folder, "/home/launches/x")).ToDictionary(static one => one.Item1, static one => one.Item2);
        return shim;
    }
}
