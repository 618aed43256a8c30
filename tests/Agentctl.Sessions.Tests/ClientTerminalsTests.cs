using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>The folder of an agent's terminals lies where the agent can write.</summary>
public sealed class ClientTerminalsTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("terminals-").FullName;
    private readonly List<string> told = [];
    private readonly List<Lease> leases = [];

    public void Dispose()
    {
        leases.ForEach(static lease => lease.Dispose());
        Directory.Delete(home, recursive: true);
    }

    private string Folder => Path.Combine(home, "terminals");

    private ClientTerminals Terminals => new(Folder, "0k3n8v4w2r7p", shimPath: null, [home], new Dictionary<string, string>(), TimeProvider.System, told.Add);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_more_than_may_run_is_refused_and_says_how_many_may()
    {
        for (var i = 0; i < ClientTerminals.MostRunning; i++)
        {
            leases.Add(Lease.TryTake(Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, $"t{i}")).FullName, LaunchFiles.Lease))!);
        }

        var refused = await Assert.ThrowsAsync<AcpErrorException>(() => Terminals.Create(new CreateTerminalRequest("s", "true"), 1000, Stop));
        Assert.Contains($"at most {ClientTerminals.MostRunning} may", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "t1000")));

        // Of those that have ended there may be any number.
        leases[0].Dispose();
        Assert.Contains("agentctl-shim", (await Assert.ThrowsAsync<AcpErrorException>(() => Terminals.Create(new CreateTerminalRequest("s", "true"), 1001, Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_removes_terminals_and_leaves_what_is_none()
    {
        foreach (var name in (string[])["t5", "t", "t5x", "foreign", "..t7"])
        {
            Directory.CreateDirectory(Path.Combine(Folder, name));
        }

        File.WriteAllText(Path.Combine(Folder, "t9"), "a file");
        await Terminals.EndAll(Stop);
        Assert.Equal(["..t7", "foreign", "t", "t5x", "t9"], Directory.GetFileSystemEntries(Folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Contains("t9", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_in_place_of_the_folder_is_not_followed()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(home, "elsewhere", "t5"));
        Directory.CreateSymbolicLink(Folder, elsewhere.Parent!.FullName);
        await Terminals.EndAll(Stop);
        Assert.True(elsewhere.Exists);
        Assert.Single(told);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"exitCode":-1}""")]
    public void Exit_that_cannot_be_read_is_no_exit(string json)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "t5"));
        File.WriteAllText(Path.Combine(Folder, "t5", LaunchFiles.Exit), json);
        Assert.Null(Terminals.Output("t5").ExitStatus?.ExitCode);
    }
}
