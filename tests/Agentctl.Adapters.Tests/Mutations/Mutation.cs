using System.Text;

namespace Agentctl.Adapters.Tests.Mutations;

/// <summary>Damages bytes as crashes, disks, editors and other programs do. The same seed gives the same damage.</summary>
internal static class Mutation
{
    private static readonly byte[][] Insertions =
    [
        [0], new byte[9000], [0xFF], [0xE9], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], "\r"u8.ToArray(), "\n"u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), "}{"u8.ToArray(),
        "{"u8.ToArray(), "}"u8.ToArray(), "\\ud83d"u8.ToArray(), "\u001b]0;x\u0007"u8.ToArray(), "99999999999999999999999"u8.ToArray(), "-1e400"u8.ToArray(), "null"u8.ToArray(),
        "{\"type\":\"user\",\"mess"u8.ToArray(), "{\"type\":null,\"payload\":[],\"message\":7,\"timestamp\":{},\"cwd\":[1],\"id\":\"\"}\n"u8.ToArray(),
        Encoding.ASCII.GetBytes(new string('[', 100)), Encoding.ASCII.GetBytes(new string('[', 3000)), Encoding.ASCII.GetBytes("{\"a\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100))),
    ];

    /// <summary>What stands where a value stood: another type, another size.</summary>
    private static readonly string[] Values =
        ["null", "true", "[]", "{}", "\"\"", "-1", "1e308", "18446744073709551616", "-99999999999999999999", "\"9999-12-31T23:59:59.999Z\"", "\"0001-01-01T00:00:00Z\"", "[[1],{\"type\":3}]", "\"\\u0000\\udc00\""];

    public static byte[] Of(byte[] content, int seed)
    {
        var random = new Random(seed);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            content = Once(content, random);
        }

        return content;
    }

    private static byte[] Once(byte[] content, Random random)
    {
        if (content.Length == 0)
        {
            return Insertions[random.Next(Insertions.Length)];
        }

        var at = random.Next(content.Length);
        var length = Math.Min(content.Length - at, random.Next(5) == 0 ? random.Next(1, content.Length + 1) : random.Next(1, 200));
        switch (random.Next(8))
        {
            case 0 or 1:
                var flipped = content.ToArray();
                for (var flips = random.Next(1, 9); flips > 0; flips--)
                {
                    flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                }

                return flipped;
            case 2:
                return content[..at];
            case 3:
                return [.. content[..at], .. content[(at + length)..]];
            case 4:
                return [.. content[..(at + length)], .. content[at..]];
            case 5:
                return [.. content[..at], .. new byte[length], .. content[(at + length)..]];
            case 6:
                return WithOtherValue(content, at, random);
            default:
                return [.. content[..at], .. Insertions[random.Next(Insertions.Length)], .. content[at..]];
        }
    }

    /// <summary>Another value for the first property behind a place.</summary>
    private static byte[] WithOtherValue(byte[] content, int at, Random random)
    {
        var colon = content.AsSpan(at).IndexOf("\":"u8);
        if (colon < 0)
        {
            return content[..at];
        }

        var from = at + colon + 2;
        var length = content.AsSpan(from).IndexOfAny((byte)',', (byte)'}');
        return [.. content[..from], .. Encoding.ASCII.GetBytes(Values[random.Next(Values.Length)]), .. content[(length < 0 ? content.Length : from + length)..]];
    }
}
