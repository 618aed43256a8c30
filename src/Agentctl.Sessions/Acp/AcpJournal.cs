using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// An append-only file of <see cref="JournalEntry"/>s, one a line, each behind a checksum: <c>&lt;crc32c, 8 hex digits&gt; &lt;json&gt;</c>.
/// What is torn at the end is dropped by who writes next; a damaged line costs that line; a front that became too long is given back to
/// the disk, and positions stay true. One writer, who holds the session's lease; any number of readers.
/// </summary>
internal sealed class AcpJournal : IDisposable
{
    private const int SumLength = 9;

    private const long BlockBytes = 4096;

    /// <summary>The longest entry: what is longer would be written and never read.</summary>
    public const int LongestEntryBytes = 8 << 20;

    private readonly FileStream file;
    private long freedTo;

    private AcpJournal(FileStream file) => this.file = file;

    /// <summary>Where the next entry will stand.</summary>
    public long End => file.Position;

    /// <summary>Opens it to write, after whatever is whole.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AcpJournal Open(string path)
    {
        var end = 0L;
        foreach (var (_, next) in Read(path, 0))
        {
            end = next;
        }

        var opened = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        opened.SetLength(end);
        opened.Position = end;
        return new AcpJournal(opened);
    }

    /// <summary>Writes one entry in one write.</summary>
    /// <param name="durable">It is on the disk when this returns: its effect may be told.</param>
    /// <returns>Where the entry stands.</returns>
    /// <exception cref="IOException">It was not written.</exception>
    public long Append(JournalEntry entry, bool durable)
    {
        var at = file.Position;
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, AcpJson.Default.JournalEntry);
        var line = new ArrayBufferWriter<byte>(json.Length + SumLength + 1);
        Sum(json).TryFormat(line.GetSpan(8), out _, "x8", CultureInfo.InvariantCulture);
        line.Advance(8);
        line.Write(" "u8);
        line.Write(json);
        line.Write("\n"u8);
        try
        {
            file.Write(line.WrittenSpan);
            if (durable)
            {
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // Half an entry would hide every later one.
            file.SetLength(at);
            file.Position = at;
            throw;
        }

        return at;
    }

    /// <summary>It has grown by an eighth over what is to be kept of it.</summary>
    public bool IsOver(long capBytes) => file.Position - freedTo > capBytes + (capBytes / 8);

    /// <summary>Gives the oldest entries up.</summary>
    /// <param name="neededFrom">What stands from here on stays, however long that is.</param>
    public void KeepWithin(long capBytes, long neededFrom)
    {
        // The line feed before what is needed stays: without it the zeros of the hole would be the beginning of that entry.
        var free = Math.Min(file.Position - capBytes, neededFrom - 1) / BlockBytes * BlockBytes;
        if (free > freedTo && HolePunch.TryFree(file.SafeFileHandle, freedTo, free))
        {
            freedTo = free;
        }
    }

    /// <summary>How many bytes an entry takes.</summary>
    public static int SizeOf(JournalEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, AcpJson.Default.JournalEntry).Length + SumLength + 1;

    /// <summary>Whole entries from a position on, each with where the next one stands. What is damaged is left out.</summary>
    /// <param name="damaged">Receives where each damaged line begins.</param>
    public static IEnumerable<(JournalEntry Entry, long Next)> Read(string path, long from, Action<long>? damaged = null)
    {
        foreach (var line in JsonLines.Forward(path, from > 0 ? from : DataFrom(path)))
        {
            if (line.Raw.Span is [0, ..])
            {
                // The front that was given back, up to the end of the entry in which that ended.
                continue;
            }

            if (Parse(line.Raw.Span) is { } entry)
            {
                yield return (entry, line.End);
            }
            else
            {
                damaged?.Invoke(line.Start);
            }
        }
    }

    /// <summary>Behind the front that was given back.</summary>
    private static long DataFrom(string path)
    {
        using var handle = NativeFile.Stat(path) is { SizeBytes: > BlockBytes } ? NativeFile.OpenRegular(path) : null;
        return handle is null ? 0 : HolePunch.DataFrom(handle, 0);
    }

    public void Dispose() => file.Dispose();

    private static JournalEntry? Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length <= SumLength || !uint.TryParse(line[..8], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var sum) || sum != Sum(line[SumLength..]))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line[SumLength..], AcpJson.Default.JournalEntry) is { } entry && IsWhole(entry) ? entry : null;
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The sum proves that we wrote it, not what: an entry without what its readers rely on is no entry.</summary>
    private static bool IsWhole(JournalEntry entry) =>
        (entry.Launch is null || LaunchId.IsOne(entry.Launch)) && entry.Offset is null or >= 0
        && entry.Kind switch
        {
            JournalKinds.Prompt or JournalKinds.End => entry.Request is { Length: > 0 },
            JournalKinds.Begin => entry is { Request.Length: > 0, Launch: not null },
            JournalKinds.Ready => entry.Launch is not null,
            JournalKinds.Ask or JournalKinds.Answer => entry.Approval is { Id.Length: > 0, Where: not null },
            null => false,
            _ => true,
        };

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0xFFFFFFFFu;
        foreach (var one in bytes)
        {
            sum = BitOperations.Crc32C(sum, one);
        }

        return ~sum;
    }
}
