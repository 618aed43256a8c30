using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Sessions;

/// <summary>
/// One session as a stream: what its journal says and what its agent wrote, in the order in which it happened, from any point on. Read
/// from files, so nothing is lost when a daemon is, and who comes back with a cursor goes on without a gap.
/// </summary>
internal sealed class AcpWatch(AcpStore store, string conversation, ChangeSignal signal, Func<AcpRecord, AcpSessionDocument> describe, Func<string, string?, PromptResultDocument?> resultOf, TimeProvider time)
{
    /// <summary>The net under the signals.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Nothing rings when the lease of a driver in another process is let go.</summary>
    private static readonly TimeSpan ForeignWait = TimeSpan.FromMilliseconds(250);
    private const int PieceBytes = 64 * 1024;

    /// <summary>What the agent has said since the wanted prompt began: read once, for its result needs it.</summary>
    private StringBuilder? answer;
    private long journalAt;
    private string? launch;
    private long outputAt;

    /// <summary>Where to go on; null when it is no cursor.</summary>
    public static (long Journal, string? Launch, long Output)? Parse(string cursor) =>
        cursor.Split('.') is [var journal, var launch, var output]
            && long.TryParse(journal, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && long.TryParse(output, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && (launch.Length == 0 || LaunchId.IsOne(launch))
                ? (at, launch.Length == 0 ? null : launch, offset)
                : null;

    public void GoTo(long journal, string? ofLaunch, long output) => (journalAt, launch, outputAt) = (journal, ofLaunch, output);

    /// <param name="untilResultOf">A prompt; null = for ever.</param>
    /// <param name="isOurs">This process drives the session, and so rings for whatever happens.</param>
    /// <param name="isOver">Nobody drives the session any more: what is there is all.</param>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Read(string? untilResultOf, Func<bool> isOurs, Func<bool> isOver, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var doorbell = signal.Subscribe();
        using var written = new AcpFileWatch(store, conversation, signal.Raise);
        SafeFileHandle? output = null;
        var opened = (string?)null;
        try
        {
            while (true)
            {
                // Looked at before the reading: what is noted until then is read.
                var last = untilResultOf is not null && isOver();
                var next = AcpJournal.Read(store.JournalOf(conversation), journalAt).FirstOrDefault();
                if (launch is not null)
                {
                    if (opened != launch)
                    {
                        output?.Dispose();
                        output = Open(launch);
                        opened = launch;
                    }

                    var limit = next.Entry is { } coming && coming.Launch == launch ? coming.Offset ?? long.MaxValue : long.MaxValue;
                    while (output is not null && Piece(output, limit) is { } piece)
                    {
                        yield return piece;
                    }
                }

                if (next.Entry is { } entry)
                {
                    journalAt = next.Next;
                    if (entry.Launch is { } begun && (begun != launch || entry.Kind == JournalKinds.Ready) && entry.Kind is JournalKinds.Ready or JournalKinds.Begin)
                    {
                        // What came before is the handshake, or a replay of what was said long ago.
                        (launch, outputAt) = (begun, Math.Max(entry.Offset ?? 0, begun == launch ? outputAt : 0));
                    }

                    if (entry.Kind == JournalKinds.Begin && entry.Request == untilResultOf)
                    {
                        answer = new StringBuilder();
                    }

                    if (Told(entry, untilResultOf) is { } part)
                    {
                        yield return part;
                    }

                    if (entry.Kind == JournalKinds.End && entry.Request == untilResultOf)
                    {
                        yield break;
                    }

                    continue;
                }

                if (last)
                {
                    yield break;
                }

                if (isOurs())
                {
                    written.End();
                }
                else if (written.Begin(launch))
                {
                    // What was written until now has rung for nobody.
                    continue;
                }

                await doorbell.Wait(isOurs() || (untilResultOf is null && written.IsComplete) ? LongestWait : ForeignWait, time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            output?.Dispose();
        }
    }

    private string Cursor => string.Create(CultureInfo.InvariantCulture, $"{journalAt}.{launch}.{outputAt}");

    private SafeFileHandle? Open(string id)
    {
        var path = store.OutputOf(id);
        return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
    }

    /// <summary>The next whole lines up to a place in the output, each as a message; null when there are none.</summary>
    private ReadOnlyMemory<byte>? Piece(SafeFileHandle output, long limit)
    {
        var length = PieceBytes;
        while (true)
        {
            var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, Math.Max(0, limit - outputAt)));
            var read = RandomAccess.Read(output, bytes, outputAt);
            if (read > 0 && bytes[0] == 0)
            {
                // Given back to the disk. Where the rest begins only the file system can say quickly.
                outputAt = Math.Min(limit, Math.Max(HolePunch.DataFrom(output, outputAt), outputAt + bytes.AsSpan(0, read).IndexOfAnyExcept((byte)0) is var next && next > outputAt ? next : outputAt + read));
                return Part(new AcpEvent("notice", Cursor, time.GetUtcNow(), null) { Text = "What the agent wrote before this is kept no longer (output_cap_mb)." });
            }

            var end = bytes.AsSpan(0, read).LastIndexOf((byte)'\n');
            if (end < 0 && read == length)
            {
                // One line that is longer than the piece.
                length *= 4;
                continue;
            }

            if (end < 0)
            {
                return null;
            }

            var piece = Messages(bytes.AsMemory(0, end + 1));
            if (piece.Length > 0)
            {
                return piece;
            }
        }
    }

    private ReadOnlyMemory<byte> Messages(ReadOnlyMemory<byte> lines)
    {
        var parts = new ArrayBufferWriter<byte>(lines.Length * 2);
        var place = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"message\",\"cursor\":\"{journalAt}.{launch}."));
        while (!lines.IsEmpty)
        {
            var feed = lines.Span.IndexOf((byte)'\n');
            var line = lines[..feed].Trim(" \t\r\0"u8);
            lines = lines[(feed + 1)..];
            outputAt += feed + 1;
            if (!IsMessage(line))
            {
                continue;
            }

            if (parts.WrittenCount > 0)
            {
                parts.Write("\n"u8);
            }

            parts.Write(place);
            outputAt.TryFormat(parts.GetSpan(20), out var digits, provider: CultureInfo.InvariantCulture);
            parts.Advance(digits);
            parts.Write("\",\"message\":"u8);
            parts.Write(line.Span);
            parts.Write("}"u8);
        }

        return parts.WrittenMemory;
    }

    /// <summary>Whether it is a whole object; what the agent says in it is kept for the result.</summary>
    private bool IsMessage(ReadOnlyMemory<byte> line)
    {
        if (TextChunk.TryRead(line.Span, out var said))
        {
            answer?.Append(said.Kind == SessionUpdate.Chunk.Agent ? said.Text : null);
            return true;
        }

        if (!IsObject(line.Span))
        {
            return false;
        }

        if (answer is not null && AcpHistory.UpdateOf(HalfPairs.Mended(line)) is SessionUpdate.Chunk { Kind: SessionUpdate.Chunk.Agent, Content: ContentBlock.Text unusual })
        {
            answer.Append(unusual.Value);
        }

        return true;
    }

    private static bool IsObject(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] != (byte)'{')
        {
            return false;
        }

        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 512 });
        try
        {
            while (reader.Read())
            {
                // Whether it is whole.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private ReadOnlyMemory<byte>? Told(JournalEntry entry, string? untilResultOf)
    {
        var told = new AcpEvent("", Cursor, entry.At, entry.Request);
        return entry.Kind switch
        {
            JournalKinds.Prompt => Part(told with { Type = "accepted", Prompt = entry.Prompt, Session = Described() }),
            JournalKinds.Ready => Part(told with { Type = "ready", Session = Described() }),
            JournalKinds.Begin => Part(told with { Type = "started" }),
            JournalKinds.Notice => Part(told with { Type = "notice", Text = entry.Text }),
            JournalKinds.Ask => Part(told with { Type = "approval", Approval = entry.Approval }),
            JournalKinds.Answer => Part(told with { Type = "answered", Approval = entry.Approval, Text = entry.Text }),
            JournalKinds.Cancel => Part(told with { Type = "cancel", Text = entry.Text }),
            JournalKinds.Exit => Part(told with { Type = "exit", Text = entry.ExitCode is { } code ? $"exit code {code}" : entry.Signal is { } signal ? $"signal {signal}" : entry.Text }),
            JournalKinds.Closed => Part(told with { Type = "closed" }),
            JournalKinds.End => Part(told with { Type = "result", Result = resultOf(entry.Request!, entry.Request == untilResultOf ? answer?.ToString() : null) }),
            _ => null,
        };
    }

    private AcpSessionDocument? Described() => store.Find(conversation) is { } record ? describe(record) : null;

    private static ReadOnlyMemory<byte> Part(AcpEvent told) => JsonSerializer.SerializeToUtf8Bytes(told, ApiJson.Readable.AcpEvent);
}
