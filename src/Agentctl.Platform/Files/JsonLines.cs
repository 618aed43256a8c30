using Agentctl.Core;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>One line, without its line feed; texts that were cut within a character are mended (<see cref="HalfPairs"/>). The bytes stay valid for as long as they are referenced.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset after its line feed: where the next line starts.</param>
public readonly record struct JsonLine(ReadOnlyMemory<byte> Bytes, long Start, long End)
{
    public ReadOnlyMemory<byte> Bytes { get; } = HalfPairs.Mended(Bytes);
}

/// <summary>
/// Lines of files that others append to. Only complete lines: a torn last one is not returned. Empty lines and lines over
/// 8 MB are left out. A file that is not there has no lines. Files are read in blocks, without locks, while being enumerated.
/// </summary>
public static class JsonLines
{
    internal const int BlockBytes = 64 * 1024;
    internal const int LongestLineBytes = 8 * 1024 * 1024;

    /// <summary>Lines from the start of the file that end within the first <paramref name="limitBytes"/> bytes.</summary>
    public static IEnumerable<JsonLine> Head(string path, int limitBytes) => Ascending(path, 0, limitBytes, BlockBytes);

    /// <summary>Lines from an offset to the end, oldest first.</summary>
    /// <param name="after">The <see cref="JsonLine.End"/> of a line; an offset inside a line skips the rest of that line.</param>
    public static IEnumerable<JsonLine> Forward(string path, long after = 0) => Ascending(path, after, long.MaxValue, BlockBytes);

    /// <summary>Lines from the end, or from <paramref name="before"/>, to the start, newest first.</summary>
    /// <param name="before">The <see cref="JsonLine.Start"/> of a line: what comes after it is not looked at.</param>
    public static IEnumerable<JsonLine> Backward(string path, long? before = null) => Descending(path, before, BlockBytes);

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
        var end = position;
        while (position > 0)
        {
            var length = (int)Math.Min(blockBytes, position);
            position -= length;
            var block = GC.AllocateUninitializedArray<byte>(length);
            if (NativeFile.ReadAt(handle, block, position) < length)
            {
                // Cut shorter meanwhile: what was read so far is of another file, in effect.
                yield break;
            }

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

                if (feedSeen && tail.Take(block.AsMemory((feed + 1)..to)) is { } bytes)
                {
                    yield return new JsonLine(bytes, position + feed + 1, end);
                }

                feedSeen = true;
                end = position + feed + 1;
                to = feed;
            }
        }

        if (feedSeen && tail.Take(ReadOnlyMemory<byte>.Empty) is { } first)
        {
            yield return new JsonLine(first, 0, end);
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
        while (position < limit)
        {
            var block = GC.AllocateUninitializedArray<byte>((int)Math.Min(blockBytes, limit - position));
            var length = NativeFile.ReadAt(handle, block, position);
            for (var from = 0; ;)
            {
                var feed = block.AsSpan(from, length - from).IndexOf((byte)'\n');
                if (feed < 0)
                {
                    head.Append(block.AsMemory(from, length - from));
                    break;
                }

                var end = position + from + feed + 1;
                if (head.Take(block.AsMemory(from, feed)) is { } bytes && !skipping)
                {
                    yield return new JsonLine(bytes, start, end);
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

    private static bool EndsLine(SafeFileHandle handle, long offset)
    {
        Span<byte> before = stackalloc byte[1];
        return NativeFile.ReadAt(handle, before, offset - 1) == 1 && before[0] == (byte)'\n';
    }
}
