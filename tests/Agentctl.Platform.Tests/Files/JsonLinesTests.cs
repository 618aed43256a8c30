using System.Text;
using FsCheck;
using Agentctl.Core;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class JsonLinesTests
{
    private static readonly string[] Texts = ["", "\r", "{}", "{\"a\":\"ü\"}", "€€€", "🙂", "a\rb", new('x', 15), new('y', 16), new('z', 17), new('w', 40)];

    /// <summary>Some lines, and where the file is cut: the last line may be torn, also inside a character.</summary>
    private static readonly Arbitrary<(byte[] Content, int Block)> TornFiles = (
        from texts in Gen.Elements(Texts).ListOf()
        let whole = Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text + "\n")))
        from cut in Gen.Choose(0, whole.Length)
        from block in Gen.Choose(1, 40)
        select (whole[..cut], block)).ToArbitrary();

    /// <summary>What lines are, said without blocks.</summary>
    private static List<(string Text, long Start, long End)> Expected(byte[] content)
    {
        var lines = new List<(string, long, long)>();
        var start = 0;
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] != '\n')
            {
                continue;
            }

            var text = Encoding.UTF8.GetString(content, start, i - start);
            text = text.EndsWith('\r') ? text[..^1] : text;
            if (text.Length > 0)
            {
                lines.Add((text, start, i + 1));
            }

            start = i + 1;
        }

        return lines;
    }

    private static List<(string Text, long Start, long End)> Read(IEnumerable<JsonLine> lines) =>
        [.. lines.Select(line => (Encoding.UTF8.GetString(line.Bytes.Span), line.Start, line.End))];

    private static void ForTornFiles(Action<byte[], int, string> check)
    {
        using var folder = new TemporaryFolder();
        Prop.ForAll(TornFiles, file =>
        {
            File.WriteAllBytes(folder["x"], file.Content);
            check(file.Content, file.Block, folder["x"]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true));
    }

    [Fact]
    public void Forward_gives_the_complete_lines_whatever_the_block_size() => ForTornFiles((content, block, path) =>
        Assert.Equal(Expected(content), Read(JsonLines.Ascending(path, 0, long.MaxValue, block))));

    [Fact]
    public void Backward_is_forward_reversed() => ForTornFiles((content, block, path) =>
        Assert.Equal(Expected(content).AsEnumerable().Reverse(), Read(JsonLines.Descending(path, null, block))));

    [Fact]
    public void Reading_goes_on_where_a_line_ended() => ForTornFiles((content, block, path) =>
    {
        var all = Expected(content);
        for (var i = 0; i < all.Count; i++)
        {
            Assert.Equal(all.Skip(i + 1), Read(JsonLines.Ascending(path, all[i].End, long.MaxValue, block)));
            Assert.Equal(all.Take(i).Reverse(), Read(JsonLines.Descending(path, all[i].Start, block)));
        }
    });

    [Fact]
    public void Head_gives_the_lines_that_end_within_the_limit() => ForTornFiles((content, block, path) =>
    {
        for (var limit = 0; limit <= content.Length + 1; limit++)
        {
            Assert.Equal(Expected(content).Where(line => line.End <= limit), Read(JsonLines.Ascending(path, 0, limit, block)));
        }
    });

    [Fact]
    public void Offset_inside_a_line_skips_the_rest_of_it() => ForTornFiles((content, block, path) =>
    {
        for (var after = 0; after <= content.Length + 1; after++)
        {
            Assert.Equal(Expected(content).Where(line => line.Start >= after), Read(JsonLines.Ascending(path, after, long.MaxValue, block)));
        }
    });

    [Theory]
    [InlineData(-2)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Characters_on_the_border_of_real_blocks_stay_whole(int shift)
    {
        using var folder = new TemporaryFolder();
        var filler = new string('x', JsonLines.BlockBytes - 20 + shift);
        var content = $"{filler}\n€🙂€🙂€🙂€\n{filler}€€€€€€\n{{}}\n";
        var path = folder.Write("x", content);
        var expected = Expected(Encoding.UTF8.GetBytes(content));
        Assert.Equal(4, expected.Count);
        Assert.Equal(expected, Read(JsonLines.Forward(path)));
        Assert.Equal(expected.AsEnumerable().Reverse(), Read(JsonLines.Backward(path)));
        Assert.Equal(expected.Take(1), Read(JsonLines.Head(path, JsonLines.BlockBytes)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(5_000_000, true)]
    public void Line_over_the_limit_is_damage_and_the_others_are_read(int over, bool isDamaged)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", $"first\n{new string('x', JsonLines.LongestLineBytes + over)}\nlast\n");
        var forward = JsonLines.Forward(path).ToList();
        Assert.Equal([false, isDamaged, false], forward.Select(static line => line.Damage is not null));
        Assert.Equal(("first", "last"), (Read(forward)[0].Text, Read(forward)[^1].Text));
        Assert.Equal(Read(forward).AsEnumerable().Reverse(), Read(JsonLines.Backward(path)));
    }

    /// <summary>A person pasted pictures into a question: the record is longer than what is held, and the question is in it.</summary>
    [Theory]
    [InlineData("\\u00e9")]
    [InlineData("\\\\")]
    [InlineData("é")]
    [InlineData("A")]
    public void Long_texts_of_a_long_line_are_cut_and_the_others_kept(string unit)
    {
        using var folder = new TemporaryFolder();
        var picture = string.Concat(Enumerable.Repeat(unit, (20 * 1024 * 1024) / Encoding.UTF8.GetByteCount(unit)));
        var path = folder.Write("x", $"{{\"a\":1}}\n{{\"data\":\"{picture}\",\"text\":\"what is \\\"this\\\"?\"}}\n{{\"b\":2}}\n");
        foreach (var lines in (List<JsonLine>[])[[.. JsonLines.Forward(path)], [.. JsonLines.Backward(path).Reverse()]])
        {
            Assert.Equal(3, lines.Count);
            Assert.InRange(lines[1].Bytes.Length, 64 * 1024, 80 * 1024);
            Assert.True(ForeignJson.TryParse(lines[1].Bytes, out var record, out var damage), damage?.What);
            Assert.Equal("what is \"this\"?", record.GetProperty("text").GetString());
            Assert.EndsWith("…", record.GetProperty("data").GetString());
        }
    }

    [Fact]
    public void What_a_crash_left_around_a_line_is_not_part_of_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "\ufeff{\"a\":1}\r\n\0\0\0{\"b\":2}\0\0\n\0\0\0\n  indented\n");
        File.AppendAllText(path, "caf\u00e9\n", Encoding.Latin1);
        Assert.Equal(["{\"a\":1}", "{\"b\":2}", "  indented", "caf\ufffd"], Read(JsonLines.Forward(path)).Select(static line => line.Text));
        Assert.Equal(["caf\ufffd", "  indented", "{\"b\":2}", "{\"a\":1}"], Read(JsonLines.Backward(path)).Select(static line => line.Text));
    }

    /// <summary>1 TB of nothing, on a disk that holds 4 KB of it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{\"torn\":\"")]
    public void Hole_at_the_end_is_skipped_and_reported(string torn)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", $"{{\"a\":1}}\n{{\"b\":2}}\n{torn}");
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(1L << 40);
        }

        foreach (var lines in (List<JsonLine>[])[[.. JsonLines.Forward(path)], [.. JsonLines.Backward(path).Reverse()]])
        {
            Assert.Equal(["{\"a\":1}", "{\"b\":2}"], Read(lines.Where(static line => line.Damage is null)).Select(static line => line.Text));
            var damaged = lines[^1];
            Assert.Equal("the last 1048575 MB of the file hold no line", damaged.Damage?.What);
            Assert.Equal((16, 16), (damaged.Start, damaged.End));
        }
    }

    [Theory]
    [InlineData(1L << 20)]
    [InlineData((1L << 30) + 12345)]
    [InlineData(1L << 42)]
    public void Hole_inside_a_file_is_skipped(long position)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "{\"a\":1}\n");
        using (var file = File.OpenWrite(path))
        {
            file.Position = position;
            file.Write("{\"b\":2}\n{\"c\":3}\n"u8);
        }

        Assert.Equal(["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"], Read(JsonLines.Forward(path)).Select(static line => line.Text));
        Assert.Equal(["{\"c\":3}", "{\"b\":2}", "{\"a\":1}"], Read(JsonLines.Backward(path)).Select(static line => line.Text));
        Assert.Equal(Read(JsonLines.Forward(path)).AsEnumerable().Reverse(), Read(JsonLines.Backward(path)));
    }

    /// <summary>A long text before the hole makes the line one that is cut, and the hole is inside that text.</summary>
    [Fact]
    public void Hole_inside_a_long_text_is_skipped()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", $"{{\"a\":1}}\n{{\"text\":\"{new string('x', JsonLines.LongestLineBytes)}");
        using (var file = File.OpenWrite(path))
        {
            file.Position = 1L << 40;
            file.Write("\"}\n{\"b\":2}\n"u8);
        }

        foreach (var lines in (List<JsonLine>[])[[.. JsonLines.Forward(path)], [.. JsonLines.Backward(path).Reverse()]])
        {
            Assert.Equal(3, lines.Count);
            Assert.Equal("{\"b\":2}", Encoding.UTF8.GetString(lines[2].Bytes.Span));
            Assert.InRange(lines[1].Bytes.Length, 64 * 1024, 70 * 1024);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    [InlineData(12, 3)]
    public void Line_of_a_byte_is_counted_from_one(long offset, int number)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(number, JsonLines.NumberOf(folder.Write("x", "first\nother\nlast\n"), offset));
    }

    [Fact]
    public void Lines_within_a_number_of_bytes_include_the_one_that_passes_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", $"1\n{new string('x', 100)}\n3\n");
        var isMore = false;
        Assert.Equal(2, JsonLines.Forward(path).Within(10, () => isMore = true).Count());
        Assert.True(isMore);
        Assert.Equal(3, JsonLines.Forward(path).Within(1000, () => Assert.Fail("there is no more")).Count());
    }

    [Fact]
    public void Newest_lines_of_a_large_file_cost_no_more_than_their_block()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", string.Concat(Enumerable.Repeat(new string('x', 999) + "\n", 50_000)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(10, JsonLines.Backward(path).Take(10).Count());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 * JsonLines.BlockBytes);
    }

    [Fact]
    public void Lines_stay_as_they_were_while_later_ones_are_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{{\"n\":{i}}}\n")));
        var lines = JsonLines.Backward(path).ToList();
        Assert.All(Enumerable.Range(0, 40_000), i => Assert.Equal($"{{\"n\":{39_999 - i}}}", Encoding.UTF8.GetString(lines[i].Bytes.Span)));
    }

    [Fact]
    public void File_that_grows_while_being_read_backward_gives_what_was_there()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x", "1\n2\n3\n");
        using var lines = JsonLines.Backward(path).GetEnumerator();
        Assert.True(lines.MoveNext());
        File.AppendAllText(path, "4\n");
        Assert.True(lines.MoveNext());
        Assert.Equal("2", Encoding.UTF8.GetString(lines.Current.Bytes.Span));
    }
}
