using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// One session as a stream: what its journal says and what its agent wrote, in the order in which it happened, from any point on. It is
/// read from files in one pass, so nothing is lost with a daemon, and a caller that returns with a cursor continues without a gap.
/// </summary>
internal sealed class AcpWatch(AcpStore store, string conversation, ChangeSignal signal, Func<AcpRecord, AcpSessionDocument> describe, TimeProvider time)
{
    /// <summary>How long what an agent wrote is read without a look at the journal: an agent that writes without end must not hide the end of its turn.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the rest is read after a turn that was cut off: who set a time limit does not wait for a flood.</summary>
    private static readonly TimeSpan RestPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a description of the session is used again for entries that were read together.</summary>
    private static readonly TimeSpan DescriptionAge = TimeSpan.FromSeconds(1);

    private readonly AcpHistory history = new(store, conversation);
    private UnfinishedPrompts prompts = new();

    /// <summary>Entries before this position were not read; they may hold the start of a prompt that ends behind it.</summary>
    private long unreadTo;

    /// <summary>What the agent has said since the wanted prompt began: read once, for its result needs it.</summary>
    private AcpAnswer? answer;
    private (AcpSessionDocument? Session, long At)? description;

    /// <summary>The agent's id of the session; updates of another are not this one's. Null while it is not known.</summary>
    private string? session;
    private bool hasToldOfOther;
    private long journalAt;
    private string? launch;
    private long outputAt;

    /// <summary>What is read of the launch's output now.</summary>
    private AgentOutput? output;
    private string? opened;

    /// <summary>How much the agent had written before the journal was opened: an end in the journal that is not known yet stands behind it.</summary>
    private long writtenBefore;

    /// <summary>Where to go on; null when it is no cursor.</summary>
    public static (long Journal, string? Launch, long Output)? Parse(string cursor) =>
        cursor.Split('.') is [var journal, var launch, var output]
            && long.TryParse(journal, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && long.TryParse(output, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && (launch.Length == 0 || LaunchId.IsOne(launch))
                ? (at, launch.Length == 0 ? null : launch, offset)
                : null;

    public void GoTo(long journal, string? ofLaunch, long output) => (journalAt, unreadTo, launch, outputAt) = (journal, journal, ofLaunch, output);

    /// <param name="untilResultOf">A prompt; null = for ever.</param>
    /// <param name="isOurs">This process drives the session, and so rings for whatever happens.</param>
    /// <param name="isOver">Nobody drives the session any more: what is there is all.</param>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Read(string? untilResultOf, Func<bool> isOurs, Func<bool> isOver, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var news = new ConversationNews(store, conversation, signal, isOurs, time);
        using var entries = new JournalReader(store.JournalOf(conversation), journalAt, BeforeLook);
        session ??= store.FindReadable(conversation)?.SessionId;
        try
        {
            while (true)
            {
                // Looked at before the reading: what is noted until then is read.
                var last = untilResultOf is not null && isOver();
                var entry = entries.Next();
                OpenOutput();
                var limit = LimitOf(entry);
                var isCutOff = untilResultOf is not null && entry is { Kind: JournalKinds.End, Status: "timed-out" or "cancelled" } && entry.Request == untilResultOf;
                var began = time.GetTimestamp();
                var startedAt = outputAt;
                var isInTime = true;
                while (isInTime && output is not null && Piece(output, limit) is { } piece)
                {
                    if (piece.Length > 0)
                    {
                        yield return piece;
                    }

                    isInTime = entry is null ? time.GetElapsedTime(began) < LookAfter : !isCutOff || time.GetElapsedTime(began) < RestPatience;
                }

                if (entry is null)
                {
                    if (outputAt > startedAt)
                    {
                        continue;
                    }

                    if (last)
                    {
                        yield break;
                    }

                    await news.Wait(launch, needsLease: untilResultOf is not null, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (!isInTime && outputAt < limit && limit != long.MaxValue)
                {
                    var left = limit - outputAt;
                    outputAt = limit;
                    yield return Part(new AcpEvent("notice", Cursor, time.GetUtcNow(), null) { Text = $"{left} bytes that the agent wrote before the end of its turn are not shown. They are in {store.OutputOf(launch!)}" });
                }

                journalAt = entries.Position;
                prompts.Add(entry);
                session = entry.Kind == JournalKinds.Ready ? entry.SessionId ?? session : session;
                if (entry.Launch is { } begun && (begun != launch || entry.Kind == JournalKinds.Ready) && entry.Kind is JournalKinds.Ready or JournalKinds.Begin)
                {
                    // What came before is the handshake, or a replay of what was said long ago.
                    (launch, outputAt) = (begun, Math.Max(entry.Offset ?? 0, begun == launch ? outputAt : 0));
                }

                if (entry.Kind == JournalKinds.Begin && entry.Request == untilResultOf)
                {
                    answer = new AcpAnswer();
                }

                if (Told(entry, untilResultOf) is { } part)
                {
                    yield return part;
                }

                if (entry.Kind == JournalKinds.End && entry.Request == untilResultOf)
                {
                    yield break;
                }
            }
        }
        finally
        {
            output?.Dispose();
        }
    }

    private void BeforeLook()
    {
        description = null;
        OpenOutput();
        writtenBefore = output?.Length ?? 0;
    }

    private void OpenOutput()
    {
        if (launch is not null && opened != launch)
        {
            output?.Dispose();
            output = AgentOutput.Open(store.OutputOf(launch));
            (opened, writtenBefore) = (launch, 0);
        }
    }

    /// <summary>How far the agent's output comes before an entry, or before the next one when there is none yet.</summary>
    private long LimitOf(JournalEntry? entry) => entry switch
    {
        null => writtenBefore,
        { Launch: { } one } when one != launch => long.MaxValue,
        { Launch: not null } => entry.Offset ?? long.MaxValue,

        // A prompt is accepted at any time: it says nothing about the output, and what follows it must not be read ahead of it.
        _ => 0,
    };

    /// <summary>The result of a prompt whose end was just read.</summary>
    private PromptResultDocument? ResultAt(JournalEntry end, string? said)
    {
        var start = prompts.Take(end.Request!);
        if (unreadTo > 0 && (start is null || (said is null && start is { Begun: not null, Session: null })))
        {
            // Once: what stands before the cursor.
            prompts = history.UnfinishedAt(journalAt, end);
            unreadTo = 0;
            start = prompts.Take(end.Request!);
        }

        return start is { } found ? history.ResultOf(end.Request!, found, end, said) : null;
    }

    private string Cursor => string.Create(CultureInfo.InvariantCulture, $"{journalAt}.{launch}.{outputAt}");

    /// <summary>The next whole lines up to a place in the output, each as a message; null when there are none, empty when nothing of them is to be shown.</summary>
    private ReadOnlyMemory<byte>? Piece(AgentOutput output, long limit)
    {
        switch (output.Next(outputAt, limit))
        {
            case AgentOutput.Piece.Lines lines:
                return Messages(lines.Bytes);
            case AgentOutput.Piece.Gone gone:
                outputAt = gone.Next;
                return Notice("What the agent wrote before this is kept no longer (output_cap_mb).");
            case AgentOutput.Piece.TooLong line:
                outputAt = line.Next;
                return Notice($"A message of more than {AcpLimits.LongestMessageBytes >> 20} MiB is left out. It is in {output.Path}");
            default:
                return null;
        }
    }

    private ReadOnlyMemory<byte> Notice(string text) => Part(new AcpEvent("notice", Cursor, time.GetUtcNow(), null) { Text = text });

    private static ReadOnlySpan<byte> Blanks => " \t\r\n\0"u8;

    private ReadOnlyMemory<byte> Messages(ReadOnlyMemory<byte> lines)
    {
        var parts = new ArrayBufferWriter<byte>(lines.Length + Math.Min(lines.Length, 32 * 1024) + 256);
        var place = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"message\",\"cursor\":\"{journalAt}.{launch}."));
        var isOfOther = false;
        while (!lines.IsEmpty)
        {
            var length = lines.Span.IndexOf((byte)'\n') + 1;
            var line = WireText.Repaired(lines[..length].Trim(Blanks));
            var taken = Take(line);
            if (taken != Taken.Nothing || line.IsEmpty)
            {
                outputAt += length;
                Add(taken, line);
            }
            else
            {
                // The cursor after each of several messages on a line stands inside that line.
                foreach (var piece in MessageLine.Split(lines[..length]))
                {
                    outputAt += piece.Length;
                    var one = WireText.Repaired(piece.Trim(Blanks));
                    Add(Take(one), one);
                }
            }

            lines = lines[length..];
        }

        if (isOfOther && !hasToldOfOther)
        {
            hasToldOfOther = true;
            parts.Write(parts.WrittenCount > 0 ? "\n"u8 : default);
            parts.Write(Notice("The agent also sends updates of another session. They are not shown here.").Span);
        }

        return parts.WrittenMemory;

        void Add(Taken taken, ReadOnlyMemory<byte> message)
        {
            isOfOther |= taken == Taken.OfOtherSession;
            if (taken != Taken.Message)
            {
                return;
            }

            if (parts.WrittenCount > 0)
            {
                parts.Write("\n"u8);
            }

            parts.Write(place);
            outputAt.TryFormat(parts.GetSpan(20), out var digits, provider: CultureInfo.InvariantCulture);
            parts.Advance(digits);
            parts.Write("\",\"message\":"u8);
            parts.Write(message.Span);
            parts.Write("}"u8);
        }
    }

    private enum Taken
    {
        Message,
        Nothing,
        OfOtherSession,
    }

    /// <summary>Whether it is a whole object of this session; what the agent says in it is kept for the result.</summary>
    private Taken Take(ReadOnlyMemory<byte> line)
    {
        if (TextChunk.TryRead(line.Span, out var said))
        {
            return Keep(said.SessionId, said.Kind == SessionUpdate.Chunk.Agent ? said.Text : null);
        }

        if (!IsObject(line.Span))
        {
            return Taken.Nothing;
        }

        // Only updates that are unusual, and rare beside pieces of text, are read as a whole.
        return AcpHistory.UpdateOf(line) is { } update
            ? Keep(update.SessionId, update.Update is SessionUpdate.Chunk { Kind: SessionUpdate.Chunk.Agent, Content: ContentBlock.Text unusual } ? unusual.Value : null)
            : Taken.Message;
    }

    private Taken Keep(string of, string? text)
    {
        if (session is not null && of != session)
        {
            return Taken.OfOtherSession;
        }

        if (text is not null)
        {
            answer?.Add(text);
        }

        return Taken.Message;
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
            JournalKinds.End => Part(told with { Type = "result", Result = ResultAt(entry, entry.Request == untilResultOf ? answer?.ToText(store.OutputOf(launch ?? "")) : null) }),
            _ => null,
        };
    }

    private AcpSessionDocument? Described()
    {
        if (description is not { } known || time.GetElapsedTime(known.At) > DescriptionAge)
        {
            description = known = (store.FindReadable(conversation) is { } record ? describe(record) : null, time.GetTimestamp());
        }

        return known.Session;
    }

    private static ReadOnlyMemory<byte> Part(AcpEvent told) => JsonSerializer.SerializeToUtf8Bytes(told, ApiJson.Readable.AcpEvent);
}
