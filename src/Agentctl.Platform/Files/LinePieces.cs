namespace Agentctl.Platform;

/// <summary>Collects a line that crosses blocks; once too long it is forgotten until its end.</summary>
internal abstract class LinePieces
{
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private long _length;

    protected void Keep(ReadOnlyMemory<byte> piece)
    {
        _length += piece.Length;
        if (_length > JsonLines.LongestLineBytes)
        {
            _pieces.Clear();
        }
        else if (!piece.IsEmpty)
        {
            _pieces.Add(piece);
        }
    }

    /// <summary>The line that the last piece completes; null when it is empty or too long. Starts anew.</summary>
    public ReadOnlyMemory<byte>? Take(ReadOnlyMemory<byte> last, out bool isTooLong)
    {
        isTooLong = _length + last.Length > JsonLines.LongestLineBytes;
        var line = isTooLong ? default : _pieces.Count == 0 ? last : Join(last);
        _pieces.Clear();
        _length = 0;
        // The type must be said: a bare null would become an empty line.
        return line.IsEmpty ? default(ReadOnlyMemory<byte>?) : line;
    }

    private byte[] Join(ReadOnlyMemory<byte> last)
    {
        Keep(last);
        var line = new byte[_length];
        var at = 0;
        foreach (var piece in InOrder(_pieces))
        {
            piece.CopyTo(line.AsMemory(at));
            at += piece.Length;
        }

        return line;
    }

    protected abstract IEnumerable<ReadOnlyMemory<byte>> InOrder(List<ReadOnlyMemory<byte>> pieces);
}

/// <summary>Pieces that come first to last.</summary>
internal sealed class LineHead : LinePieces
{
    public void Append(ReadOnlyMemory<byte> piece) => Keep(piece);

    protected override IEnumerable<ReadOnlyMemory<byte>> InOrder(List<ReadOnlyMemory<byte>> pieces) => pieces;
}

/// <summary>Pieces that come last to first.</summary>
internal sealed class LineTail : LinePieces
{
    public void Prepend(ReadOnlyMemory<byte> piece) => Keep(piece);

    protected override IEnumerable<ReadOnlyMemory<byte>> InOrder(List<ReadOnlyMemory<byte>> pieces) => Enumerable.Reverse(pieces);
}
