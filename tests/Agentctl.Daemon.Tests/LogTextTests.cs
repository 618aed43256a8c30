using Agentctl.Core;
using Agentctl.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("día ✓ 日本 👍", "día ✓ 日本 👍")]
    [InlineData("\u001b[31mred\u001b]0;title\u0007", @"\u001b[31mred\u001b]0;title\u0007")]
    [InlineData("a\r\nb\nc", "a b c")]
    [InlineData("\u009b31m \u202e\u200b\u0000", @"\u009b31m \u202e\u200b\u0000")]
    public void Text_cannot_control_a_terminal(string text, string expected) => Assert.Equal(expected, LogText.OneLine(text));

    [Fact]
    public void Long_text_costs_time_in_proportion()
    {
        var clock = new MachineClock();
        _ = LogText.OneLine(string.Concat(Enumerable.Repeat("\u001b]", 1 << 20)));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    /// <summary>Through the logger: message and exception, which repeat what a stranger sent.</summary>
    [Fact]
    public void Log_holds_no_control_characters()
    {
        using var home = new TempHome();
        var path = DaemonProtocol.LogPath(home.AgentctlHome);
        using (var file = new CappedFile(path, 1 << 20))
        {
            new CappedFileLoggerProvider(file, TimeProvider.System).CreateLogger("Agentctl.Test")
                .Log(LogLevel.Error, default, "said \u001b[2J", new InvalidOperationException("threw \u001b]0;x\u0007\nsecond line"), static (state, _) => state);
        }

        var log = File.ReadAllText(path);
        Assert.DoesNotContain(log, static character => char.IsControl(character) && character != '\n');
        Assert.Contains(@"said \u001b[2J", log, StringComparison.Ordinal);
        Assert.Contains("\n  second line", log, StringComparison.Ordinal);
    }
}
