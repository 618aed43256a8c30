using System.Text;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ProcStatTests
{
    // Linux 6.18; the fields after the command are the same in all.
    private static string Line(string comm, string state = "S", int threads = 1, int exitSignal = 17) =>
        $"4711 ({comm}) {state} 12 4710 4709 34816 4711 4194304 119 0 0 0 1 2 0 0 20 0 {threads} 0 159413 8323072 321 18446744073709551615 "
        + $"1 1 0 0 0 0 0 4096 65538 1 0 0 {exitSignal} 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    private static ProcStat? Parse(string line) => ProcStat.Parse(Encoding.UTF8.GetBytes(line));

    [Theory]
    [InlineData("sleep")]
    [InlineData("tmux: server")]
    [InlineData(") S 1 2 3 (")]
    [InlineData("a) Z 1")]
    [InlineData("")]
    public void Stat_line_is_read_whatever_the_command_is_called(string comm) =>
        Assert.Equal(new ProcStat(comm, 'S', 12, 4710, 4709, 34816, 159413, IsGone: false), Parse(Line(comm)));

    [Theory]
    [InlineData("Z", 1, 17, true)]
    [InlineData("X", 1, 17, true)]
    [InlineData("Z", 2, 17, false)] // the first thread ended, others run
    [InlineData("S", 4, -1, true)] // a thread, not a process
    [InlineData("T", 1, 17, false)]
    [InlineData("S", 1, 0, false)] // a kernel thread
    public void Stat_line_tells_whether_the_process_is_gone(string state, int threads, int exitSignal, bool isGone) =>
        Assert.Equal(isGone, Parse(Line("x", state, threads, exitSignal))!.Value.IsGone);

    [Theory]
    [InlineData("")]
    [InlineData("4711 (sleep)")]
    [InlineData("4711 (sleep) S 12 4710")]
    [InlineData("nonsense")]
    public void Stat_line_cut_short_is_no_process(string line) => Assert.Null(Parse(line));
}
