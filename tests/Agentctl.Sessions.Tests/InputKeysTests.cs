using System.Diagnostics;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>The list of messages that a shim keeps, whatever an agent puts in its place.</summary>
public sealed class InputKeysTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("keys-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string PathOfList => Path.Combine(folder, LaunchFiles.InputKeys);

    [Fact]
    public void Missing_list_holds_nothing() => Assert.Empty(InputKeys.Read(folder)!);

    [Fact]
    public void Lines_are_read_whole_and_a_torn_one_is_left_out()
    {
        File.WriteAllText(PathOfList, "rq:a.1 181\nre:77 12\nodd\nn:x-1 many\nrq:b.1 5");
        Assert.Equal([("rq:a.1", 181), ("re:77", 12), ("odd", null), ("n:x-1", (int?)null)], InputKeys.Read(folder)!);
    }

    [Fact]
    public async Task Pipe_is_not_waited_for()
    {
        using (var mkfifo = Process.Start("mkfifo", [PathOfList]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(await Task.Run(() => InputKeys.Read(folder), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Directory_in_its_place_cannot_be_read()
    {
        Directory.CreateDirectory(PathOfList);
        Assert.Null(InputKeys.Read(folder));
    }
}
