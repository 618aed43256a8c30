using Agentctl.Core;
using Agentctl.Platform;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Sessions;

/// <summary>What an agent wrote, in pieces of whole lines from any offset. However long a line is, little of it is held in memory.</summary>
internal sealed class AgentOutput : IDisposable
{
    /// <summary>Small enough that neither a piece nor the messages made of it are large objects, which the collector lets pile up.</summary>
    private const int PieceBytes = 32 * 1024;

    private readonly SafeFileHandle file;
    private readonly byte[] scan = new byte[PieceBytes];

    /// <summary>A line that has no end yet, and how far it was searched for one.</summary>
    private (long Start, long SearchedTo) unfinished = (-1, -1);

    private AgentOutput(string path, SafeFileHandle file)
    {
        Path = path;
        this.file = file;
    }

    public string Path { get; }

    /// <summary>How many bytes it has now.</summary>
    public long Length => RandomAccess.GetLength(file);

    /// <summary>One piece.</summary>
    public abstract record Piece
    {
        /// <summary>Whole lines with their line feeds.</summary>
        public sealed record Lines(ReadOnlyMemory<byte> Bytes) : Piece;

        /// <summary>What stood here was given back to the disk; the rest begins there.</summary>
        public sealed record Gone(long Next) : Piece;

        /// <summary>A line longer than <see cref="AcpLimits.LongestMessageBytes"/>; the next one begins there.</summary>
        public sealed record TooLong(long Next) : Piece;
    }

    /// <summary>Null when there is no such file.</summary>
    public static AgentOutput? Open(string path) => NativeFile.OpenRegular(path) is { } file ? new AgentOutput(path, file) : null;

    /// <summary>The lines from an offset on; null when no whole one stands there.</summary>
    /// <param name="limit">Nothing behind it is read.</param>
    public Piece? Next(long from, long limit)
    {
        var most = (int)Math.Min(PieceBytes, Math.Max(0, limit - from));
        var bytes = GC.AllocateUninitializedArray<byte>(most);
        var read = RandomAccess.Read(file, bytes, from);
        if (read > 0 && bytes[0] == 0)
        {
            // Where the rest begins only the file system can say quickly.
            var next = Math.Max(HolePunch.DataFrom(file, from), from + bytes.AsSpan(0, read).IndexOfAnyExcept((byte)0));
            return new Piece.Gone(Math.Min(limit, next > from ? next : from + read));
        }

        var feed = bytes.AsSpan(0, read).LastIndexOf((byte)'\n');
        return feed >= 0 ? new Piece.Lines(bytes.AsMemory(0, feed + 1)) : read == PieceBytes ? LongLine(from, limit) : null;
    }

    public void Dispose() => file.Dispose();

    private Piece? LongLine(long from, long limit)
    {
        var at = unfinished.Start == from ? unfinished.SearchedTo : from;
        while (at < limit && RandomAccess.Read(file, scan.AsSpan(0, (int)Math.Min(scan.Length, limit - at)), at) is > 0 and var read)
        {
            if (scan.AsSpan(0, read).IndexOf((byte)'\n') is >= 0 and var feed)
            {
                var end = at + feed + 1;
                if (end - from > AcpLimits.LongestMessageBytes)
                {
                    return new Piece.TooLong(end);
                }

                var line = GC.AllocateUninitializedArray<byte>((int)(end - from));
                for (var have = 0; have < line.Length;)
                {
                    var more = RandomAccess.Read(file, line.AsSpan(have), from + have);
                    have += more > 0 ? more : throw new IOException($"{Path} was cut short while it was read");
                }

                return new Piece.Lines(line);
            }

            at += read;
        }

        unfinished = (from, at);
        return null;
    }
}
