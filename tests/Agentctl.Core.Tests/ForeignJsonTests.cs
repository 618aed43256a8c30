using System.Text;
using Xunit;

namespace Agentctl.Core.Tests;

/// <summary>JSON of other programs: what is read, and what is called damaged.</summary>
public sealed class ForeignJsonTests
{
    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string[] Split(string line, out JsonDamage? damage) =>
        [.. GluedRecords.Split(ForeignJson.Clean(Bytes(line)), out damage).Select(static record => Encoding.UTF8.GetString(record.Span))];

    [Theory]
    [InlineData("{\"a\":\"x\"}")]
    [InlineData("\ufeff{\"a\":\"x\"}")]
    [InlineData("{\"a\":\"x\"}\r")]
    [InlineData("{\"a\":\"x\"}\0\0\0")]
    [InlineData("\0\0\ufeff{\"a\":\"x\"}\r\0")]
    [InlineData("  {\"a\":\"x\"}\n")]
    [InlineData("{\"a\":1,\"a\":\"x\"}")]
    public void A_record_is_read_whatever_was_left_around_it(string text)
    {
        Assert.True(ForeignJson.TryParse(Bytes(text), out var json, out var damage), damage?.What);
        Assert.Equal("x", json.GetProperty("a").GetString());
    }

    [Theory]
    [InlineData(new byte[] { 0xE9 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xF0, 0x9F })]
    public void Bytes_that_are_no_text_are_replaced(byte[] bad)
    {
        byte[] record = [.. "{\"n"u8, .. bad, .. "\":\"caf"u8, .. bad, .. "\"}"u8];
        Assert.True(ForeignJson.TryParse(record, out var json, out _));
        var property = json.EnumerateObject().Single();
        Assert.StartsWith("n\ufffd", property.Name, StringComparison.Ordinal);
        Assert.StartsWith("caf\ufffd", property.Value.GetString(), StringComparison.Ordinal);
    }

    /// <summary>What the gate lets through can be read: texts of every mix of escapes, halves of escapes and broken characters.</summary>
    [Fact]
    public void Every_text_of_a_record_that_came_through_the_gate_can_be_read()
    {
        byte[][] pieces =
        [
            "\\"u8.ToArray(), "u"u8.ToArray(), "d8"u8.ToArray(), "3d"u8.ToArray(), "dc"u8.ToArray(), "00"u8.ToArray(), "\\ud83d"u8.ToArray(), "\\udc00"u8.ToArray(), "n"u8.ToArray(),
            [0xC3], [0xA9], [0xE2, 0x82], [0xEF, 0xBF, 0xBD], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80], [0xF0, 0x9F], "{\"a\":\""u8.ToArray(), "\"}"u8.ToArray(),
        ];
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var read = 0;
        for (var i = 0; i < 50_000; i++)
        {
            byte[] text = [.. Enumerable.Range(0, random.Next(1, 9)).SelectMany(_ => pieces[random.Next(pieces.Length)])];
            byte[] record = [.. "{\"a\":\""u8, .. text, .. "\",\"n"u8, .. text, .. "\":1}"u8];
            try
            {
                var clean = ForeignJson.Clean(record);
                foreach (var part in (ReadOnlyMemory<byte>[])[clean, .. GluedRecords.Split(clean, out _)])
                {
                    if (ForeignJson.TryParse(part, out var json, out _))
                    {
                        read++;
                        Assert.All(json.EnumerateObject(), static property => Assert.NotNull(property.Name + property.Value));
                    }
                }

                ForeignJson.TopText(record, "a"u8);
            }
            catch (InvalidOperationException exception)
            {
                Assert.Fail($"seed {seed}, {Convert.ToHexString(record)}: {exception.Message}");
            }
        }

        Assert.True(read > 1_000, $"only {read} records were read");
    }

    [Fact]
    public void Nesting_of_a_hundred_levels_is_read_and_of_a_hundred_thousand_is_damage()
    {
        static string Nested(int levels) => "{\"a\":" + new string('[', levels) + new string(']', levels) + "}";
        Assert.True(ForeignJson.TryParse(Bytes(Nested(100)), out _, out _));
        Assert.False(ForeignJson.TryParse(Bytes(Nested(100_000)), out _, out var damage));
        Assert.Contains("depth", damage.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it is empty", 0)]
    [InlineData("\0\0", "it is empty", 0)]
    [InlineData("{\"a\":\"x", "it ends in the middle", 7)]
    [InlineData("[1]", "it is a JSON array, not an object", 0)]
    [InlineData("{\"a\":1}x", "it is not valid JSON: 'x' is invalid after a single JSON value. Expected end of data", 7)]
    public void Damage_says_what_is_wrong_and_where(string text, string what, long offset)
    {
        Assert.False(ForeignJson.TryParse(Bytes(text), out _, out var damage));
        Assert.Equal(new JsonDamage(what, offset), damage);
    }

    [Theory]
    [InlineData("{\"a\":1}{\"b\":2}")]
    [InlineData("{\"a\":1}  {\"b\":2}")]
    [InlineData("{\"a\":1}\0\0\0\0{\"b\":2}")]
    public void Records_that_share_a_line_are_separated(string line)
    {
        Assert.Equal(["{\"a\":1}", "{\"b\":2}"], Split(line, out var damage));
        Assert.Null(damage);
    }

    private const string Whole = "{\"type\":\"user\",\"uuid\":\"b\",\"timestamp\":\"t\",\"message\":{\"role\":\"user\"}}";

    [Theory]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",\"message\":{\"role\":\"user\",\"content\":\"hel")]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",\"message\":{\"role\":\"us\0\0\0\0\0")]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",\"message\":{\"ro")]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",\"message\":")]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",")]
    [InlineData("{\"type\":\"us")]
    public void A_whole_record_behind_one_that_was_cut_is_read(string cut)
    {
        Assert.Equal([Whole], Split(cut + Whole, out var damage));
        Assert.NotNull(damage);
        Assert.Equal([Whole, Whole], Split(Whole + cut + Whole, out damage));
        Assert.NotNull(damage);
    }

    [Theory]
    [InlineData("{\"type\":\"user\",\"uuid\":\"a\",\"timestamp\":\"t\",\"message\":{\"type\":\"message\",\"role\":\"user\"}")]
    [InlineData("{\"type\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}")]
    public void An_object_inside_a_record_that_was_cut_is_no_record(string cut)
    {
        Assert.Empty(Split(cut, out var damage));
        Assert.NotNull(damage);
    }

    [Fact]
    public void Whatever_is_in_a_line_it_is_separated_without_an_exception()
    {
        var whole = Encoding.UTF8.GetBytes(Whole + Whole);
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var bytes = whole.ToArray();
            for (var times = random.Next(1, 6); times > 0; times--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            foreach (var record in GluedRecords.Split(ForeignJson.Clean(bytes.AsMemory(random.Next(20))), out _))
            {
                Assert.True(ForeignJson.TryParse(record, out var json, out var damage), $"seed {seed}: {damage?.What}");
                _ = json.ToString();
            }
        }
    }

    [Theory]
    [InlineData("{\"type\":\"init\",\"id\":\"a\\ud83d\"}", "a\ufffd")]
    [InlineData("{\"x\":{\"id\":\"inner\"},\"id\":\"outer\"}", "outer")]
    [InlineData("{\"id\":7}", null)]
    [InlineData("plain text", null)]
    public void A_text_at_the_top_of_a_line_is_found(string line, string? expected) =>
        Assert.Equal(expected, ForeignJson.TopText(Encoding.UTF8.GetBytes(line), "id"u8));

    [Theory]
    [InlineData("01a1fcdb-c06a-7f43-9bef-1dc6ab81d532", true)]
    [InlineData("agent:main:main", true)]
    [InlineData("a b", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a\nclaude-code/victim", false)]
    [InlineData("a\u001b[2J", false)]
    [InlineData("caf\u00e9", false)]
    [InlineData(" a", false)]
    public void An_id_is_printable_ascii(string? id, bool isValid) => Assert.Equal(isValid, SessionIds.IsValid(id));

    [Fact]
    public void An_id_has_at_most_256_bytes()
    {
        Assert.True(SessionIds.IsValid(new string('x', 256)));
        Assert.False(SessionIds.IsValid(new string('x', 257)));
    }

    [Theory]
    [InlineData("2026-11-21T06:47:02.616Z", 2026)]
    [InlineData("9999-12-31T23:59:59Z", null)]
    [InlineData("0001-01-01T00:00:00Z", null)]
    [InlineData("yesterday", null)]
    [InlineData(null, null)]
    public void A_time_at_the_edge_of_the_calendar_is_none(string? text, int? year) => Assert.Equal(year, ForeignTime.Parse(text)?.Year);

    [Fact]
    public void Counts_that_cannot_be_are_none_and_sums_do_not_overflow()
    {
        Assert.Equal(new TokenUsage(0, 5), TokenUsage.Recorded(-7, 5, long.MaxValue));
        Assert.Equal(long.MaxValue, (new TokenUsage(long.MaxValue, 0) + new TokenUsage(1, 0)).In);
    }
}
