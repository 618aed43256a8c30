using Agentctl.Core;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>One line, without its line feed, cleaned with <see cref="ForeignJson.Clean"/>. The bytes stay valid for as long as they are referenced.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset after its line feed: where the next line starts.</param>
public readonly record struct JsonLine(ReadOnlyMemory<byte> Bytes, long Start, long End)
{
    public ReadOnlyMemory<byte> Bytes { get; } = ForeignJson.Clean(Bytes);

    /// <summary>The line as it stands in the file. Of a hole before it, one NUL byte is left.</summary>
    public ReadOnlyMemory<byte> Raw { get; } = Bytes;

    /// <summary>Why the line could not be read, and then it has no bytes; null as a rule.</summary>
    public JsonDamage? Damage { get; init; }
}

/// <summary>
/// Lines of files that others append to. Only complete lines: a torn last one is not returned. Empty lines are left out. Of a line
/// over 8 MB the long texts are cut (<see cref="LongLine"/>). Where no line comes for 256 MB, reading ends with a damaged line. Holes
/// are skipped (<see cref="FileHoles"/>): a sparse file of any size costs what is stored of it. A file that is not there has no lines.
/// Files are read in blocks, without locks, while being enumerated.
/// </summary>
public static class JsonLines
{
    private static readonly byte[] Hole = [0];

    internal const int BlockBytes = 64 * 1024;
    internal const int LongestLineBytes = 8 * 1024 * 1024;
    internal const long LongestSearchBytes = 256L * 1024 * 1024;

    /// <summary>Lines from the start of the file that end within the first <paramref name="limitBytes"/> bytes.</summary>
    public static IEnumerable<JsonLine> Head(string path, int limitBytes) => Ascending(path, 0, limitBytes, BlockBytes);

    /// <summary>Lines from an offset to the end, oldest first.</summary>
    /// <param name="after">The <see cref="JsonLine.End"/> of a line; an offset inside a line skips the rest of that line.</param>
    public static IEnumerable<JsonLine> Forward(string path, long after = 0) => Ascending(path, after, long.MaxValue, BlockBytes);

    /// <summary>Lines from the end, or from <paramref name="before"/>, to the start, newest first.</summary>
    /// <param name="before">The <see cref="JsonLine.Start"/> of a line: what comes after it is not looked at.</param>
    public static IEnumerable<JsonLine> Backward(string path, long? before = null) => Descending(path, before, BlockBytes);

    /// <summary>The lines up to and with the one that passes a number of bytes, however long that one is.</summary>
    /// <param name="passed">Called when there are more lines than that.</param>
    public static IEnumerable<JsonLine> Within(this IEnumerable<JsonLine> lines, long bytes, Action? passed = null)
    {
        long read = 0;
        foreach (var line in lines)
        {
            if (read > bytes)
            {
                passed?.Invoke();
                yield break;
            }

            read += line.End - line.Start;
            yield return line;
        }
    }

    /// <summary>The number of the line that holds a byte, counted from 1; null when it is too far from the start to be counted.</summary>
    public static long? NumberOf(string path, long offset)
    {
        using var handle = offset <= LongestSearchBytes ? NativeFile.OpenRead(path, out _) : null;
        if (handle is null)
        {
            return null;
        }

        var number = 1L;
        var block = new byte[BlockBytes];
        for (long position = 0; position < offset;)
        {
            var length = NativeFile.ReadAt(handle, block.AsSpan(0, (int)Math.Min(block.Length, offset - position)), position);
            number += block.AsSpan(0, length).Count((byte)'\n');
            position = FileHoles.IsEmpty(block.AsSpan(0, length)) ? FileHoles.DataAfter(handle, position + block.Length, offset) : position + block.Length;
        }

        return number;
    }

    internal static IEnumerable<JsonLine> Descending(string path, long? before, int blockBytes)
    {
        using var handle = NativeFile.OpenRead(path, out var status);
        if (handle is null)
        {
            yield break;
        }

        var position = Math.Min(before ?? long.MaxValue, (long)status.Size);
        var tail = new LineTail();
        // Nothing after the last line feed is a line.
        var feedSeen = false;
        var size = position;
        var end = position;
        long fruitless = 0;
        while (position > 0)
        {
            if (fruitless > LongestSearchBytes)
            {
                yield return TooLong(position, end);
                yield break;
            }

            var length = (int)Math.Min(blockBytes, position);
            position -= length;
            var block = GC.AllocateUninitializedArray<byte>(length);
            if (NativeFile.ReadAt(handle, block, position) < length)
            {
                // Cut shorter meanwhile: what was read so far is of another file, in effect.
                yield break;
            }

            if (FileHoles.IsEmpty(block) && FileHoles.DataBefore(handle, position, length) is var data && data < position)
            {
                if (feedSeen)
                {
                    tail.Prepend(Hole);
                }

                position = data;
                continue;
            }

            fruitless += Effort(block);

            for (var to = length; ;)
            {
                var feed = block.AsSpan(0, to).LastIndexOf((byte)'\n');
                if (feed < 0)
                {
                    if (feedSeen)
                    {
                        tail.Prepend(block.AsMemory(0, to));
                    }

                    break;
                }

                if (feedSeen && LineOf(tail, block.AsMemory((feed + 1)..to), handle, position + feed + 1, end) is { } line)
                {
                    fruitless = 0;
                    yield return line;
                }

                if (!feedSeen && size - position - feed > LongestSearchBytes)
                {
                    yield return Endless(position + feed + 1, size);
                }

                feedSeen = true;
                end = position + feed + 1;
                to = feed;
            }
        }

        if (feedSeen && LineOf(tail, ReadOnlyMemory<byte>.Empty, handle, 0, end) is { } first)
        {
            yield return first;
        }
    }

    internal static IEnumerable<JsonLine> Ascending(string path, long after, long limit, int blockBytes)
    {
        using var handle = NativeFile.OpenRead(path, out var status);
        if (handle is null)
        {
            yield break;
        }

        // What is appended from now on belongs to the next reading; most files are much smaller than a block.
        limit = Math.Min(limit, (long)status.Size);
        var skipping = after > 0 && !EndsLine(handle, after);
        var start = after;
        var position = after;
        var head = new LineHead();
        long fruitless = 0;
        while (position < limit)
        {
            if (fruitless > LongestSearchBytes)
            {
                yield return TooLong(start, position);
                yield break;
            }

            var block = GC.AllocateUninitializedArray<byte>((int)Math.Min(blockBytes, limit - position));
            var length = NativeFile.ReadAt(handle, block, position);
            if (length > 0 && FileHoles.IsEmpty(block.AsSpan(0, length)) && FileHoles.DataAfter(handle, position, limit) is var data && data > position + length)
            {
                // A hole, such as the one where the oldest output of an agent was: nothing is in it, and it costs nothing.
                head.Append(Hole);
                position = data;
                if (position == limit && limit - start > LongestSearchBytes)
                {
                    yield return Endless(start, limit);
                }

                continue;
            }

            fruitless += Effort(block.AsSpan(0, length));
            for (var from = 0; ;)
            {
                var feed = block.AsSpan(from, length - from).IndexOf((byte)'\n');
                if (feed < 0)
                {
                    head.Append(block.AsMemory(from, length - from));
                    break;
                }

                var end = position + from + feed + 1;
                if (LineOf(head, block.AsMemory(from, feed), handle, start, end) is { } line && !skipping)
                {
                    fruitless = 0;
                    yield return line;
                }

                skipping = false;
                start = end;
                from += feed + 1;
            }

            position += length;
            if (length < block.Length)
            {
                yield break;
            }
        }
    }

    private static JsonLine? LineOf(LinePieces pieces, ReadOnlyMemory<byte> last, SafeFileHandle handle, long start, long end)
    {
        var line = pieces.Take(last, out var isTooLong) is { } bytes ? new JsonLine(bytes, start, end)
            : isTooLong && LongLine.TryRead(handle, start, end - 1, out var cut) ? new JsonLine(cut, start, end)
            : isTooLong ? TooLong(start, end)
            : default;

        // Nothing but padding is no line.
        return line.Bytes.IsEmpty && line.Damage is null ? null : line;
    }

    private static JsonLine TooLong(long start, long end) =>
        new(default, start, end) { Damage = new JsonDamage($"no line of it could be read in {(end - start) / (1024 * 1024)} MB", 0) };

    /// <summary>The rest of a file, without a line feed. It has no length: its end is unknown, and more may be appended to it.</summary>
    private static JsonLine Endless(long start, long end) =>
        new(default, start, start) { Damage = new JsonDamage($"the last {(end - start) / (1024 * 1024)} MB of the file hold no line", 0) };

    /// <summary>A run of zero bytes is no text: of file systems that do not tell where their holes are, less of it is read.</summary>
    private static int Effort(ReadOnlySpan<byte> block) => FileHoles.IsEmpty(block) ? 16 * block.Length : block.Length;

    private static bool EndsLine(SafeFileHandle handle, long offset)
    {
        Span<byte> before = stackalloc byte[1];
        return NativeFile.ReadAt(handle, before, offset - 1) == 1 && before[0] == (byte)'\n';
    }
}
