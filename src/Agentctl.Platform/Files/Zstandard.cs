using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>Reads zstd files through the system's libzstd.so.1, where there is one.</summary>
public static unsafe partial class Zstandard
{
    private const string Library = "libzstd.so.1";
    private const int ChunkBytes = 128 * 1024;

    private static readonly Lazy<bool> Available = new(static () => NativeLibrary.TryLoad(Library, out _));

    public static bool IsAvailable => Available.Value;

    /// <summary>The whole content of a compressed file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a complete zstd file, or holds more than the limit.</exception>
    /// <exception cref="PlatformNotSupportedException">The library is not installed.</exception>
    public static byte[] Decompress(string path, long limitBytes)
    {
        if (!IsAvailable)
        {
            throw new PlatformNotSupportedException($"cannot read {path}: {Library} is not installed (Debian: apt install libzstd1)");
        }

        using var handle = NativeFile.OpenRead(path, out _) ?? throw new FileNotFoundException($"{path} is gone", path);
        var stream = CreateStream();
        if (stream == 0)
        {
            throw new InvalidOperationException("ZSTD_createDStream gave nothing");
        }

        try
        {
            return Decompress(handle, stream, path, limitBytes);
        }
        finally
        {
            _ = FreeStream(stream);
        }
    }

    private static byte[] Decompress(SafeFileHandle handle, nint stream, string path, long limitBytes)
    {
        var content = new MemoryStream();
        var input = new byte[ChunkBytes];
        var output = new byte[ChunkBytes];
        // What ZSTD_decompressStream returns: 0 at the end of a frame, else more is to come.
        nuint more = 1;
        for (long offset = 0; NativeFile.ReadAt(handle, input, offset) is > 0 and var length; offset += length)
        {
            fixed (byte* from = input, to = output)
            {
                var source = new Buffer { Bytes = from, Size = (nuint)length };
                var target = new Buffer { Bytes = to, Size = ChunkBytes };
                do
                {
                    target.Position = 0;
                    more = DecompressStream(stream, &target, &source);
                    if (IsError(more) != 0)
                    {
                        throw new InvalidDataException($"{path} is not a zstd file: {Marshal.PtrToStringUTF8(ErrorName(more))}");
                    }

                    if (content.Length + (long)target.Position > limitBytes)
                    {
                        throw new InvalidDataException($"{path} holds more than the {limitBytes} bytes that are read of it");
                    }

                    content.Write(new ReadOnlySpan<byte>(to, (int)target.Position));
                }
                while (source.Position < source.Size || (target.Position == target.Size && more != 0));
            }
        }

        return more == 0 ? content.ToArray() : throw new InvalidDataException($"{path} ends in the middle of a frame");
    }

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint CreateStream();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint FreeStream(nint stream);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(nint stream, Buffer* output, Buffer* input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nuint code);
}
