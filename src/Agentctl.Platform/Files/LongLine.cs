using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>
/// Reads a line that is too long to be held: of each JSON text in it the first 64 KB are kept. A picture that a person pasted makes a
/// record of many megabytes, and the question that it belongs to is still there.
/// </summary>
internal static class LongLine
{
    private const int KeptTextBytes = 64 * 1024;

    /// <summary>The line with its long texts cut; false when it is still too long.</summary>
    public static bool TryRead(SafeFileHandle handle, long start, long end, out ReadOnlyMemory<byte> read)
    {
        read = default;
        var line = new Cutter();
        var block = new byte[JsonLines.BlockBytes];
        long effort = 0;
        for (var position = start; position < end && line.Length <= JsonLines.LongestLineBytes && effort <= JsonLines.LongestSearchBytes;)
        {
            var length = NativeFile.ReadAt(handle, block.AsSpan(0, (int)Math.Min(block.Length, end - position)), position);
            if (length == 0)
            {
                return false;
            }

            line.Append(block.AsSpan(0, length));
            position += length;
            effort += length;
            if (FileHoles.IsEmpty(block.AsSpan(0, length)))
            {
                position = FileHoles.DataAfter(handle, position, end);
            }
        }

        read = line.Written;
        return line.Length <= JsonLines.LongestLineBytes && effort <= JsonLines.LongestSearchBytes;
    }

    private sealed class Cutter
    {
        private static readonly SearchValues<byte> Special = SearchValues.Create("\"\\"u8);

        private readonly ArrayBufferWriter<byte> kept = new();
        private bool inText;
        private int textBytes;

        /// <summary>Bytes of an escape that belong to the backslash before them.</summary>
        private int escape;
        private bool escapeStarts;

        public int Length => kept.WrittenCount;

        public ReadOnlyMemory<byte> Written => kept.WrittenMemory;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[(inText ? Text(bytes) : Structure(bytes))..];
            }
        }

        /// <summary>Up to the quote that opens a text.</summary>
        private int Structure(ReadOnlySpan<byte> bytes)
        {
            var quote = bytes.IndexOf((byte)'"');
            var taken = quote < 0 ? bytes.Length : quote + 1;
            kept.Write(bytes[..taken]);
            (inText, textBytes) = (quote >= 0, 0);
            return taken;
        }

        private int Text(ReadOnlySpan<byte> bytes)
        {
            if (escapeStarts)
            {
                escapeStarts = false;
                escape = bytes[0] == (byte)'u' ? 5 : 1;
            }

            if (escape > 0)
            {
                // Never cut inside an escape: the rest of it would be no JSON.
                var rest = Math.Min(escape, bytes.Length);
                Keep(bytes[..rest], isCut: textBytes < 0);
                escape -= rest;
                return rest;
            }

            var special = bytes.IndexOfAny(Special);
            var run = special < 0 ? bytes.Length : special;
            if (run > 0)
            {
                var room = textBytes < 0 ? 0 : Math.Clamp(KeptTextBytes - textBytes, 0, run);
                Keep(bytes[..room], isCut: false);
                CutWhenFull();
                return run;
            }

            if (bytes[0] == (byte)'"')
            {
                kept.Write("\""u8);
                inText = false;
                return 1;
            }

            CutWhenFull();
            Keep(bytes[..1], isCut: textBytes < 0);
            escapeStarts = true;
            return 1;
        }

        private void Keep(ReadOnlySpan<byte> bytes, bool isCut)
        {
            if (!isCut && !bytes.IsEmpty)
            {
                kept.Write(bytes);
                textBytes += bytes.Length;
            }
        }

        private void CutWhenFull()
        {
            if (textBytes >= KeptTextBytes)
            {
                kept.Write("…"u8);
                textBytes = -1;
            }
        }
    }
}
