using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Client.Tests;

public sealed class ChunkedDecoderTests
{
    [Fact]
    public void A_body_cut_anywhere_gives_what_was_sent()
    {
        Prop.ForAll<byte[][], int[], byte[]>((chunks, cuts, next) =>
        {
            var sent = chunks.Where(chunk => chunk.Length > 0).ToArray();
            var wire = Encode(sent).Concat(next).ToArray();
            var decoder = new ChunkedDecoder();
            var content = new ArrayBufferWriter<byte>();
            var taken = 0;
            foreach (var piece in Pieces(wire, cuts))
            {
                taken += decoder.Decode(piece, content);
            }

            return decoder.IsComplete
                && content.WrittenSpan.SequenceEqual(sent.SelectMany(chunk => chunk).ToArray())
                && taken == wire.Length - next.Length;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Extensions_and_trailers_are_read_over()
    {
        var content = new ArrayBufferWriter<byte>();
        var decoder = new ChunkedDecoder();
        var wire = "5;name=\"a\"\r\nhello\r\n0\r\nChecksum: 1\r\n\r\nHTTP/1.1"u8;

        var taken = decoder.Decode(wire, content);

        Assert.True(decoder.IsComplete);
        Assert.Equal("hello", Encoding.ASCII.GetString(content.WrittenSpan));
        Assert.Equal(wire.Length - "HTTP/1.1".Length, taken);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("x\r\n")]
    [InlineData("5\r\nhello!\r\n")]
    [InlineData("fffffffffffffffff\r\n")]
    public void What_is_not_this_coding_is_refused(string wire) =>
        Assert.Throws<InvalidDataException>(() => new ChunkedDecoder().Decode(Encoding.ASCII.GetBytes(wire), new ArrayBufferWriter<byte>()));

    [Fact]
    public void A_body_that_is_cut_off_is_not_complete()
    {
        var decoder = new ChunkedDecoder();
        decoder.Decode("5\r\nhello\r\n0\r\n"u8, new ArrayBufferWriter<byte>());
        Assert.False(decoder.IsComplete);
    }

    private static byte[] Encode(byte[][] chunks) =>
    [
        .. chunks.SelectMany(chunk => Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n").Concat(chunk).Concat("\r\n"u8.ToArray())),
        .. "0\r\n\r\n"u8,
    ];

    private static IEnumerable<byte[]> Pieces(byte[] wire, int[] cuts)
    {
        var at = 0;
        for (var i = 0; at < wire.Length; i++)
        {
            var length = cuts.Length == 0 ? wire.Length : 1 + (int)(Math.Abs((long)cuts[i % cuts.Length]) % 7);
            var piece = wire.Skip(at).Take(length).ToArray();
            at += piece.Length;
            yield return piece;
        }
    }
}
