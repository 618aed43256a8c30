using System.Text;
using System.Text.Json;
using Xunit;

namespace Agentctl.Core.Tests;

/// <summary>Half a character at the end of a text that JavaScript cut short.</summary>
public sealed class HalfPairsTests
{
    [Theory]
    [InlineData("""{"a":"cut \ud83d"}""", "cut \ufffd")]
    [InlineData("""{"a":"\uDE00 cut"}""", "\ufffd cut")]
    [InlineData("""{"a":"\ud83d\ud83d\ude00"}""", "\ufffd\ud83d\ude00")]
    [InlineData("""{"a":"\ud83d\n\ude00"}""", "\ufffd\n\ufffd")]
    [InlineData("""{"a":"\\\ud83d"}""", "\\\ufffd")]
    [InlineData("""{"a":"\ud83d\u0041"}""", "\ufffdA")]
    public void Half_that_stands_alone_is_replaced(string json, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.Throws<InvalidOperationException>(() => JsonDocument.Parse(bytes).RootElement.GetProperty("a").GetString());
        Assert.Equal(text, JsonDocument.Parse(HalfPairs.Mended(bytes)).RootElement.GetProperty("a").GetString());
        HalfPairs.Mend(bytes);
        Assert.Equal(text, JsonDocument.Parse(bytes).RootElement.GetProperty("a").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"a":"\u00e9 \ud83d\ude00 \uD83D\uDE00"}""")]
    [InlineData("""{"a":"\\ud83d"}""")]
    [InlineData("\\u")]
    [InlineData("torn \\ud83")]
    [InlineData("{\"a\":\"\\ud8\u00e9\"}")]
    [InlineData("{\"a\":\"\\ud8\ufffd\"}")]
    public void Everything_else_stays_the_very_same(string json)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(json);
        Assert.True(bytes.Equals(HalfPairs.Mended(bytes)));
    }
}
