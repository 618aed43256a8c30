using Agentctl.Platform;

namespace Agentctl.Cli.Terminals;

/// <summary>
/// Descriptor 1 or 2, unbuffered. System.Console's streams would set up the terminal, signal handlers and a thread first. A reader
/// that has gone (<c>agentctl list | head -1</c>) ends the program quietly, see <see cref="OutputClosedException"/>.
/// </summary>
internal sealed class StandardStream(int descriptor) : Stream
{
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer) => Write(descriptor, buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private static void Write(int descriptor, ReadOnlySpan<byte> buffer)
    {
        if (!StandardOutput.TryWrite(descriptor, buffer))
        {
            throw new OutputClosedException();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Nobody reads any more what this program writes; there is nothing left to do, and nobody to tell.</summary>
internal sealed class OutputClosedException : Exception;
