using System.CommandLine;
using Agentctl.Cli.Commands;
using Xunit;

namespace Agentctl.Cli.Tests.Commands;

public sealed class LaunchSlotsTests
{
    [Theory]
    [InlineData("", "?")]
    [InlineData("--model opus", "? opus")]
    [InlineData("--adapter codex", "codex")]
    [InlineData("--adapter codex --model gpt", "codex gpt")]
    [InlineData("--adapter a --model 1 --adapter b --model 2", "a 1|b 2")]
    [InlineData("--adapter=a --model=1 --adapter=a --model=2 --adapter=a", "a 1|a 2|a")]
    [InlineData("--model 0 --adapter a --adapter b --model 2", "a 0|b 2")]
    [InlineData("-p --model --adapter a", "a")]
    public void Model_belongs_to_the_adapter_before_it(string line, string slots) => Assert.Equal(slots, Read(line));

    [Theory]
    [InlineData("--adapter a --model 1 --model 2")]
    [InlineData("--model 1 --model 2 --adapter a")]
    public void Two_models_for_one_adapter_are_refused(string line) => Assert.Throws<UsageException>(() => Read(line));

    [Fact]
    public void Adapter_as_a_word_is_the_only_one_or_is_refused()
    {
        Assert.Equal("codex", Read("", "codex"));
        Assert.Equal("codex gpt", Read("--adapter codex --model gpt", "codex"));
        Assert.Throws<UsageException>(() => Read("--adapter pi", "codex"));
    }

    private static string Read(string line, string? word = null)
    {
        var adapter = new Option<string[]>("--adapter");
        var model = new Option<string[]>("--model");
        var prompt = new Option<string?>("-p");
        var parse = new Command("launch") { adapter, model, prompt }.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return string.Join('|', LaunchSlots.Of(parse, adapter, model, word).Select(slot => $"{slot.Adapter ?? "?"} {slot.Model}".Trim()));
    }
}
