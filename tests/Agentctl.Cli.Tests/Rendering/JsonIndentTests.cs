using System.Text;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

public sealed class JsonIndentTests
{
    [Fact]
    public void Layout_is_that_of_JSON_stringify()
    {
        const string Compact = """{"a":[1,{"b":"x, {y}: \"z\" \\"}],"empty":[],"none":{},"n":-1.50e3,"t":true,"u":null}""";
        const string Expected = """
            {
              "a": [
                1,
                {
                  "b": "x, {y}: \"z\" \\"
                }
              ],
              "empty": [],
              "none": {},
              "n": -1.50e3,
              "t": true,
              "u": null
            }

            """;
        Assert.Equal(Expected, Encoding.UTF8.GetString(JsonIndent.Of(Encoding.UTF8.GetBytes(Compact))));
    }

    [Fact]
    public void Values_keep_their_bytes()
    {
        var row = JsonSerializer.SerializeToUtf8Bytes(SampleRows.Running, Core.ApiJson.Readable.SessionRow);
        using var indented = JsonDocument.Parse(JsonIndent.ArrayOf([row, row]));
        using var compact = JsonDocument.Parse(row);
        Assert.Equal(2, indented.RootElement.GetArrayLength());
        Assert.True(JsonElement.DeepEquals(compact.RootElement, indented.RootElement[1]));
    }

    [Fact]
    public void No_rows_are_an_empty_array() => Assert.Equal("[]\n"u8, JsonIndent.ArrayOf([]).Span);
}
