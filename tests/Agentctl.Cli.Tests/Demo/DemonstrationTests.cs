using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Cli.Tests.Demo;

/// <summary>The demonstration as a newcomer runs it: real processes, found through the public adapters.</summary>
public sealed class DemonstrationTests : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("agentctl-test-");

    [Fact]
    public async Task Demo_shows_three_states_and_an_end_and_leaves_nothing()
    {
        using var demo = Start();
        var output = await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await End(demo);

        Assert.Equal(0, demo.ExitCode);
        foreach (var expected in (string[])["● waiting", "● running", "● idle", "○ stopped", "kill -9", "No sessions found."])
        {
            Assert.Contains(expected, output, StringComparison.Ordinal);
        }

        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Demo_that_is_interrupted_leaves_nothing()
    {
        using var demo = Start();
        while (await demo.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.Contains("● waiting", StringComparison.Ordinal))
        {
        }

        await Signals.Send("INT", ProcessStat.Read(demo.Id)!);
        await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await End(demo);
        AssertNothingIsLeft();
    }

    public void Dispose() => home.Delete(recursive: true);

    private Process Start()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "agentctl"), ["demo"]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["HOME"] = home.FullName;
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(home.FullName, "tmp")).FullName;
        start.Environment["AGENTCTL_NO_DAEMON"] = "1";

        // The pipes a killed .NET process leaves in the temporary folder are not the demonstration's.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(start)!;
    }

    private static Task End(Process demo) =>
        demo.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(home.FullName, "tmp")));
        var inOurHome = Process.GetProcesses().Where(process => Uses(process, home.FullName)).Select(process => process.Id);
        Assert.Empty(inOurHome);
    }

    private static bool Uses(Process process, string folder)
    {
        using (process)
        {
            try
            {
                return File.ReadAllText($"/proc/{process.Id}/environ").Contains(folder, StringComparison.Ordinal);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
