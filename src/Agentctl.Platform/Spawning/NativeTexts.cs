using System.Runtime.InteropServices;
using System.Text;

namespace Agentctl.Platform;

/// <summary>Null-terminated texts for one call.</summary>
internal sealed unsafe class NativeTexts : IDisposable
{
    private readonly List<nint> allocated = [];

    public byte* Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var memory = Allocate(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(memory, length));
        memory[length] = 0;
        return memory;
    }

    public byte** Vector(IReadOnlyList<string> texts)
    {
        var vector = (byte**)Allocate((texts.Count + 1) * sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            vector[i] = Text(texts[i]);
        }

        vector[texts.Count] = null;
        return vector;
    }

    /// <summary>A vector into texts that lie one after the other, each ended by a zero. The texts stay the caller's.</summary>
    public byte** VectorInto(byte* block, int lengthBytes)
    {
        var texts = new ReadOnlySpan<byte>(block, lengthBytes);
        var vector = (byte**)Allocate((texts.Count((byte)0) + 1) * sizeof(byte*));
        var count = 0;
        for (var at = 0; at < lengthBytes; at += texts[at..].IndexOf((byte)0) + 1)
        {
            vector[count++] = block + at;
        }

        vector[count] = null;
        return vector;
    }

    public void Dispose()
    {
        foreach (var memory in allocated)
        {
            NativeMemory.Free((void*)memory);
        }
    }

    private byte* Allocate(int size)
    {
        var memory = NativeMemory.Alloc((nuint)size);
        allocated.Add((nint)memory);
        return (byte*)memory;
    }
}
