using System.Buffers;

namespace Agentctl.Client;

/// <summary>The chunked transfer coding (RFC 9112, section 7.1), fed with whatever came from the socket.</summary>
internal sealed class ChunkedDecoder
{
    private enum Expecting
    {
        Size,
        Extension,
        Content,
        EndOfContent,
        Trailer,
        Nothing,
    }

    /// <summary>Larger chunks than this are nonsense on this socket, and would overflow.</summary>
    private const long LargestChunkBytes = 1L << 40;

    private Expecting expecting = Expecting.Size;
    private long left;
    private int digits;
    private int trailerLineLength;

    /// <summary>The last chunk and the trailer were read.</summary>
    public bool IsComplete => expecting == Expecting.Nothing;

    /// <summary>Appends the content found in <paramref name="input"/> to <paramref name="content"/>.</summary>
    /// <returns>How many bytes belong to this body: all of them until it is complete.</returns>
    /// <exception cref="InvalidDataException">This is not the chunked coding.</exception>
    public int Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> content)
    {
        var at = 0;
        while (at < input.Length && !IsComplete)
        {
            if (expecting == Expecting.Content)
            {
                var here = (int)Math.Min(left, input.Length - at);
                content.Write(input.Slice(at, here));
                at += here;
                left -= here;
                expecting = left == 0 ? Expecting.EndOfContent : Expecting.Content;
                continue;
            }

            Take(input[at++]);
        }

        return at;
    }

    private void Take(byte octet)
    {
        switch (expecting)
        {
            case Expecting.Size when Digit(octet) is { } digit:
                left = (left * 16) + digit;
                digits++;
                if (left > LargestChunkBytes)
                {
                    throw new InvalidDataException("A chunk of the daemon's answer is impossibly large.");
                }

                break;
            case Expecting.Size when digits == 0:
                throw new InvalidDataException("A chunk of the daemon's answer has no size.");
            case Expecting.Size or Expecting.Extension:
                expecting = octet == '\n' ? AfterSize() : Expecting.Extension;
                break;
            case Expecting.EndOfContent when octet == '\n':
                (expecting, digits) = (Expecting.Size, 0);
                break;
            case Expecting.EndOfContent when octet != '\r':
                throw new InvalidDataException("A chunk of the daemon's answer is longer than it says.");
            case Expecting.Trailer when octet == '\n':
                expecting = trailerLineLength == 0 ? Expecting.Nothing : Expecting.Trailer;
                trailerLineLength = 0;
                break;
            case Expecting.Trailer when octet != '\r':
                trailerLineLength++;
                break;
        }
    }

    private Expecting AfterSize() => left == 0 ? Expecting.Trailer : Expecting.Content;

    private static int? Digit(byte octet) => octet switch
    {
        >= (byte)'0' and <= (byte)'9' => octet - '0',
        >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
        _ => null,
    };
}
