using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// Lays compact JSON out with two blanks of indentation, as JSON.stringify does, without reading values: every key, number and
/// string keeps its bytes, so that what the daemon wrote and what is printed can be compared.
/// </summary>
internal static class JsonIndent
{
    private static readonly SearchValues<byte> EndsOfBareValue = SearchValues.Create(",]} \n\r\t"u8);

    public static byte[] Of(ReadOnlySpan<byte> compact)
    {
        var output = new ArrayBufferWriter<byte>(compact.Length * 2);
        Write(compact, output, 0);
        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>An array of the given values, as the API writes them.</summary>
    public static ReadOnlyMemory<byte> ArrayOf<T>(IEnumerable<T> values, JsonTypeInfo<T> type) =>
        ArrayOf([.. values.Select(value => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(value, type))]);

    /// <summary>An array of the given documents.</summary>
    public static ReadOnlyMemory<byte> ArrayOf(IReadOnlyCollection<ReadOnlyMemory<byte>> documents)
    {
        var output = new ArrayBufferWriter<byte>(64 + documents.Sum(static document => document.Length * 2));
        output.Write("["u8);
        var isFirst = true;
        foreach (var document in documents)
        {
            output.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            NewLine(output, 1);
            Write(document.Span, output, 1);
        }

        if (!isFirst)
        {
            NewLine(output, 0);
        }

        output.Write("]\n"u8);
        return output.WrittenMemory;
    }

    private static void Write(ReadOnlySpan<byte> compact, ArrayBufferWriter<byte> output, int depth)
    {
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
                    var rest = compact[at..];
                    var length = rest.IndexOfAny(EndsOfBareValue);
                    output.Write(length < 0 ? rest : rest[..length]);
                    at += (length < 0 ? rest.Length : length) - 1;
                    break;
            }
        }
    }

    private static int EndOfString(ReadOnlySpan<byte> json, int from)
    {
        for (var at = from + 1; ;)
        {
            var next = at < json.Length ? json[at..].IndexOfAny((byte)'"', (byte)'\\') : -1;
            if (next < 0)
            {
                return json.Length;
            }

            at += next;
            if (json[at] == (byte)'"')
            {
                return at + 1;
            }

            at += 2;
        }
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
