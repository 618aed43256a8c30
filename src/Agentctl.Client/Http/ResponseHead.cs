using System.Text;

namespace Agentctl.Client;

/// <summary>Status line and the header fields that matter here.</summary>
/// <param name="ContentLength">Null with the chunked coding, or when the body ends with the connection.</param>
internal sealed record ResponseHead(int Status, long? ContentLength, bool IsChunked, bool Closes, string? DaemonVersion, string? ConfigFingerprint = null)
{
    /// <summary>Parses a head without its final empty line: <c>HTTP/1.1 200 OK\r\nContent-Length: 5</c>.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ResponseHead Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.ASCII.GetString(head).Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal) || lines[0].Length < 12
            || !int.TryParse(lines[0].AsSpan(9, 3), System.Globalization.NumberStyles.None, null, out var status))
        {
            throw new InvalidDataException("What listens on the daemon's socket does not speak HTTP/1.1.");
        }

        var parsed = new ResponseHead(status, null, false, false, null);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':');
            var value = colon < 0 ? "" : line[(colon + 1)..].Trim();
            parsed = (colon < 0 ? "" : line[..colon].ToLowerInvariant()) switch
            {
                "content-length" when long.TryParse(value, System.Globalization.NumberStyles.None, null, out var length) =>
                    parsed with { ContentLength = length },
                "transfer-encoding" => parsed with { IsChunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase) },
                "connection" => parsed with { Closes = value.Equals("close", StringComparison.OrdinalIgnoreCase) },
                "agentctl-config" => parsed with { ConfigFingerprint = value },
                "agentctl-version" => parsed with { DaemonVersion = value },
                _ => parsed,
            };
        }

        return parsed;
    }
}
