using System.Buffers.Binary;

namespace Agentctl.Platform;

/// <summary>
/// The names in an open directory, getdents64(2), without a stat and without a string per name. <c>.</c> and <c>..</c> are left out.
/// </summary>
internal unsafe ref struct DirectoryReader(int descriptor, Span<byte> buffer)
{
    public const int BufferBytes = 32 * 1024;

    public const byte UnknownType = 0;
    public const byte Directory = 4;
    public const byte Regular = 8;
    public const byte Link = 10;

    // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, name and zero.
    private const int LengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;

    private readonly Span<byte> _buffer = buffer;
    private int _at;
    private int _filled;

    /// <summary>Valid until the next call of <see cref="Next"/>.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The name and a zero.</summary>
    public ReadOnlySpan<byte> NameWithZero { get; private set; }

    /// <summary>The file's kind, where the file system tells it here.</summary>
    public byte Type { get; private set; }

    /// <summary>Why reading ended early; 0 at the end of the directory.</summary>
    public int Errno { get; private set; }

    public bool Next()
    {
        while (true)
        {
            if (_at >= _filled && !Fill())
            {
                return false;
            }

            var record = _buffer[_at.._filled];
            var length = BinaryPrimitives.ReadUInt16LittleEndian(record[LengthAt..]);
            record = record[..length];
            _at += length;
            Type = record[TypeAt];
            var name = record[NameAt..];
            NameWithZero = name[..(name.IndexOf((byte)0) + 1)];
            Name = NameWithZero[..^1];
            if (!Name.SequenceEqual("."u8) && !Name.SequenceEqual(".."u8))
            {
                return true;
            }
        }
    }

    private bool Fill()
    {
        nint read;
        fixed (byte* to = _buffer)
        {
            read = FileCalls.GetDents64(descriptor, to, (nuint)_buffer.Length);
        }

        // A directory removed while being read has no names any more.
        Errno = read < 0 && !Platform.Errno.IsAbsent(Platform.Errno.Last) ? Platform.Errno.Last : 0;
        _at = 0;
        _filled = (int)Math.Max(0, read);
        return read > 0;
    }
}
