namespace Agentctl.Acp;

/// <summary>
/// Cuts a stream of bytes into lines, however torn it arrives: also inside a character. Blank lines are left out, a carriage return at
/// the end is cut off, a last line without its feed is a line all the same.
/// </summary>
/// <param name="limitBytes">The longest line.</param>
/// <param name="position">Where the first byte stands.</param>
public sealed class LineSplitter(int limitBytes = LineSplitter.UsualLimitBytes, long position = 0)
{
    /// <summary>64 MiB: what other clients take.</summary>
    public const int UsualLimitBytes = 64 << 20;

    /// <summary>A buffer that one long line made larger than this is given up after that line.</summary>
    private const int UsualBufferBytes = 1 << 20;

    private byte[] pending = [];
    private int have;
    private int scanned;
    private int taken;
    private long lineStart = position;

    /// <summary>Where the first line stands that was not returned yet.</summary>
    public long LineStart => Volatile.Read(ref lineStart);

    /// <summary>Where the next byte to be added stands.</summary>
    public long End { get; private set; } = position;

    /// <summary>Adds what arrived.</summary>
    /// <exception cref="IOException">A line is longer than the limit.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (taken > 0)
        {
            pending.AsSpan(taken, have - taken).CopyTo(pending);
            have -= taken;
            scanned -= taken;
            taken = 0;
            pending = have == 0 && pending.Length > UsualBufferBytes ? [] : pending;
        }

        if (have + bytes.Length > pending.Length)
        {
            Array.Resize(ref pending, Math.Max(have + bytes.Length, (int)Math.Min(pending.Length * 2L, limitBytes)));
        }

        bytes.CopyTo(pending.AsSpan(have));
        have += bytes.Length;
        End += bytes.Length;
        if (have > limitBytes && pending.AsSpan(scanned, have - scanned).IndexOf((byte)'\n') < 0)
        {
            throw new IOException($"a line of more than {limitBytes} bytes at position {lineStart}");
        }
    }

    /// <summary>The next whole line; its bytes are its own.</summary>
    public AcpLine? Next()
    {
        while (true)
        {
            var feed = pending.AsSpan(scanned, have - scanned).IndexOf((byte)'\n');
            if (feed < 0)
            {
                scanned = have;
                return null;
            }

            var end = scanned + feed + 1;
            var line = Take(end, end - 1);
            if (line is not null)
            {
                return line;
            }
        }
    }

    /// <summary>At the end of the stream: what stands after the last feed.</summary>
    public AcpLine? Rest() => have > taken ? Take(have, have) : null;

    private AcpLine? Take(int next, int end)
    {
        var start = lineStart;
        var text = Trim(pending.AsSpan(taken, end - taken));
        lineStart += next - taken;
        taken = scanned = next;
        return text.IsEmpty ? null : new AcpLine(text.ToArray(), start, lineStart);
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line.Trim(" \t\r\0"u8);
}
