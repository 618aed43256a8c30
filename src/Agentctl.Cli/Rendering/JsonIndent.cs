using System.Buffers;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// Lays compact JSON out with two blanks of indentation, as JSON.stringify does, without reading values: every key, number and
/// string keeps its bytes, so that what the daemon wrote and what is printed can be compared.
/// </summary>
internal static class JsonIndent
{
    public static byte[] Of(ReadOnlySpan<byte> compact)
    {
        var output = new ArrayBufferWriter<byte>(compact.Length * 2);
        Write(compact, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>An array of the given documents.</summary>
    public static byte[] ArrayOf(IEnumerable<ReadOnlyMemory<byte>> documents)
    {
        var compact = new ArrayBufferWriter<byte>();
        compact.Write("["u8);
        foreach (var document in documents)
        {
            if (compact.WrittenCount > 1)
            {
                compact.Write(","u8);
            }

            compact.Write(document.Span);
        }

        compact.Write("]"u8);
        return Of(compact.WrittenSpan);
    }

    private static void Write(ReadOnlySpan<byte> compact, ArrayBufferWriter<byte> output)
    {
        var depth = 0;
        for (var at = 0; at < compact.Length; at++)
        {
            var c = compact[at];
            switch (c)
            {
                case (byte)'"':
                    var end = EndOfString(compact, at);
                    output.Write(compact[at..end]);
                    at = end - 1;
                    break;
                case (byte)'{' or (byte)'[' when at + 1 < compact.Length && compact[at + 1] is (byte)'}' or (byte)']':
                    output.Write(compact.Slice(at, 2));
                    at++;
                    break;
                case (byte)'{' or (byte)'[':
                    output.Write(compact.Slice(at, 1));
                    NewLine(output, ++depth);
                    break;
                case (byte)'}' or (byte)']':
                    NewLine(output, --depth);
                    output.Write(compact.Slice(at, 1));
                    break;
                case (byte)',':
                    output.Write(","u8);
                    NewLine(output, depth);
                    break;
                case (byte)':':
                    output.Write(": "u8);
                    break;
                case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t':
                    break;
                default:
                    output.Write(compact.Slice(at, 1));
                    break;
            }
        }

        output.Write("\n"u8);
    }

    private static int EndOfString(ReadOnlySpan<byte> json, int from)
    {
        var at = from + 1;
        while (at < json.Length && json[at] != (byte)'"')
        {
            at += json[at] == (byte)'\\' ? 2 : 1;
        }

        return Math.Min(at + 1, json.Length);
    }

    private static void NewLine(ArrayBufferWriter<byte> output, int depth)
    {
        var length = 1 + depth * 2;
        var line = output.GetSpan(length)[..length];
        line.Fill((byte)' ');
        line[0] = (byte)'\n';
        output.Advance(length);
    }
}
