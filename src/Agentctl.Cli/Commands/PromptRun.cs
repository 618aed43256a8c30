using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>Gives one prompt and stays until its result. A daemon that dies meanwhile is followed by another, and nothing is missed.</summary>
/// <param name="canAsk">Questions of the agent are put to the person at this terminal.</param>
internal sealed class PromptRun(Surroundings around, string format, bool canAsk)
{
    /// <summary>A daemon that dies of this very order, or a stream that fails at the same place, is not asked again without end.</summary>
    private const int MostUnheard = 10;

    private readonly TurnPage page = new(around.Look(), format);
    private readonly ArrayBufferWriter<byte> printed = new();
    private IAgentctlApi api = null!;
    private readonly TaskCompletionSource<string> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Task> asking = new();
    private volatile string? session;
    private string? requestId;
    private string? cursor;
    private PromptResultDocument? result;
    private TerminalQuestions? questions;

    /// <param name="oneShot">A session to make for it first.</param>
    public async Task<int> Execute(PromptOrder order, AcpSessionOrder? oneShot, CancellationToken cancellationToken)
    {
        api = await around.OpenSessions(cancellationToken);
        if (oneShot is not null)
        {
            var made = await api.NewAcpSession(oneShot, cancellationToken);
            if (!made.IsOk)
            {
                return Problem.Tell(around, made.Body);
            }

            order = order with { Session = JsonSerializer.Deserialize(made.Body.Span, ApiJson.Default.AcpSessionDocument)!.Id, Scope = null };
        }

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = new TurnInterrupt(count => Pressed(count, leaving));
        return await Stay(order, leaving.Token);
    }

    /// <summary>Ctrl-C. Whoever presses before the prompt is accepted means that prompt: it is cancelled as soon as it has a name.</summary>
    /// <param name="leaving">For the second time while there is still nothing to end.</param>
    internal void Pressed(int count, CancellationTokenSource leaving)
    {
        if (count > 1 && session is null)
        {
            leaving.Cancel();
            return;
        }

        asking.Enqueue(count == 1 ? Cancel(leaving.Token) : EndAgent(leaving.Token));
    }

    private async Task<int> Stay(PromptOrder order, CancellationToken cancellationToken)
    {
        // By its id the next daemon knows whether the one that died had taken it.
        order = order with { Id = LaunchId.New() };
        var unheard = 0;
        for (var isLost = false; ;)
        {
            var before = cursor;
            try
            {
                if (isLost)
                {
                    api = await around.OpenSessions(cancellationToken);
                }

                // The agent lives on under its shim, and the next daemon goes on with the turn.
                var reply = requestId is null || cursor is null ? await api.Prompt(order, cancellationToken) : await api.WatchAcp(session!, cursor, requestId, cancellationToken);
                if (!reply.IsOk)
                {
                    return Problem.Tell(around, reply.Problem, session, "agentctl sessions list --all");
                }

                await Follow(reply.Parts, order.NoWait, cancellationToken);
                break;
            }
            catch (DaemonLostException lost) when ((requestId is not null || lost.InnerException is not InvalidDataException) && (unheard = cursor == before ? unheard + 1 : 0) < MostUnheard)
            {
                if (result is not null || (order.NoWait && requestId is not null))
                {
                    // It died between its last word and the end of its answer.
                    break;
                }

                isLost = true;
            }
        }

        around.Terminal.Write(Encoding.UTF8.GetBytes(page.End()));
        accepted.TrySetCanceled(cancellationToken);
        await (questions?.EndAll() ?? Task.CompletedTask);
        await Task.WhenAll(asking);
        return order.NoWait ? TellQueued() : CodeOf();
    }

    private async Task Follow(IAsyncEnumerable<ReadOnlyMemory<byte>> parts, bool onlyAccepted, CancellationToken cancellationToken)
    {
        await foreach (var bytes in parts.WithCancellation(cancellationToken))
        {
            // Several may come at once.
            for (var rest = bytes[Show(bytes)..]; !rest.IsEmpty; rest = rest[Show(rest)..])
            {
                var part = FirstLine(rest);
                rest = rest[Math.Min(rest.Length, part.Length + 1)..];
                Take(part, onlyAccepted, cancellationToken);
            }
        }
    }

    private static ReadOnlyMemory<byte> FirstLine(ReadOnlyMemory<byte> lines) => lines.Span.IndexOf((byte)'\n') is >= 0 and var feed ? lines[..feed] : lines;

    /// <summary>Prints the messages of the agent's that stand at the beginning, together.</summary>
    /// <returns>How many bytes those are.</returns>
    private int Show(ReadOnlyMemory<byte> parts)
    {
        var at = 0;
        Range place = default;
        while (at < parts.Length && FirstLine(parts[at..]) is var part && TurnPage.MessageIn(part.Span) is { } found)
        {
            page.Message(part[found.Message], printed);
            place = (at + found.Cursor.Start.Value)..(at + found.Cursor.End.Value);
            at = Math.Min(parts.Length, at + part.Length + 1);
        }

        if (at > 0)
        {
            cursor = Encoding.ASCII.GetString(parts.Span[place]);
            around.Terminal.Write(printed.WrittenSpan);
            printed.ResetWrittenCount();
        }

        return at;
    }

    private void Take(ReadOnlyMemory<byte> part, bool onlyAccepted, CancellationToken cancellationToken)
    {
        var told = JsonSerializer.Deserialize(part.Span, ApiJson.Default.AcpEvent)!;
        cursor = told.Cursor;
        switch (told.Type)
        {
            case "accepted":
                requestId ??= told.RequestId;
                session ??= told.Session?.Id;
                accepted.TrySetResult(session!);
                if (!onlyAccepted && format != "quiet" && told.Session is { } opened)
                {
                    around.Terminal.Note($"[agentctl] {opened.Agent} session {opened.Name ?? opened.Id} · {around.Environment.Tilde(opened.Cwd)} · {(opened.Pid is null ? "starting the agent" : "agent ready")}");
                }

                break;
            case "notice":
                around.Terminal.Note($"[agentctl] {PlainText.OneLine(told.Text ?? "")}");
                break;
            case "approval" when told.Approval is { } row:
                Ask(row, cancellationToken);
                break;
            case "answered" when told.Approval is { } row:
                questions?.End(row.Id);
                break;
            case "result":
                result = told.Result;
                _ = questions?.EndAll();
                break;
        }
    }

    private void Ask(ApprovalRow row, CancellationToken cancellationToken)
    {
        around.Terminal.Write(page.Break());
        var what = $"{row.Tool}: {PlainText.OneLine(row.Title)}{(row.Where.Count > 0 ? $" ({PlainText.OneLine(string.Join(", ", row.Where))})" : "")}";
        if (!canAsk)
        {
            around.Terminal.Note($"[permission] {what}: to answer: agentctl approvals allow {row.Id}");
            return;
        }

        // The stream goes on meanwhile: an answer given elsewhere and the end of the turn come through it.
        questions ??= new TerminalQuestions(around.Terminal, token => TerminalLine.Read(TerminalLine.StandardInput, token), async answer =>
        {
            var answered = await api.AnswerApproval(answer, cancellationToken);
            if (!answered.IsOk)
            {
                Problem.Tell(around, answered.Body);
            }
        });
        questions.Ask(row.Id, what, cancellationToken);
    }

    private async Task Cancel(CancellationToken cancellationToken)
    {
        around.Terminal.Note("[agentctl] cancelling the turn; once more ends the agent");
        var reference = await accepted.Task.WaitAsync(cancellationToken);
        try
        {
            await api.Cancel(reference, cancellationToken);
        }
        catch (DaemonLostException)
        {
            around.Terminal.Note($"[agentctl] the daemon went away before it confirmed; if the turn continues: agentctl cancel {reference}");
        }
    }

    private async Task EndAgent(CancellationToken cancellationToken)
    {
        if (session is not null && await api.AcpSession(session, cancellationToken) is { IsOk: true } shown
            && JsonSerializer.Deserialize(shown.Body.Span, ApiJson.Default.AcpSessionDocument) is { LaunchId: { } launch })
        {
            await api.Stop(new StopOrder([LaunchId.Provisional(launch)], Force: true), cancellationToken);
        }
    }

    private int TellQueued()
    {
        around.Terminal.Write(format == "json"
            ? $"{{\"action\":\"prompt_queued\",\"session\":\"{session}\",\"requestId\":\"{requestId}\"}}\n"
            : $"{requestId}\n");
        return ExitCode.Done;
    }

    private int CodeOf()
    {
        if (result is not { } ended)
        {
            around.Terminal.Note($"What became of {requestId} is not known; see: agentctl sessions result {requestId}");
            return ExitCode.Failed;
        }

        if (ended.Problem is { } problem)
        {
            around.Terminal.Note($"{(ended.Status is "failed" or "refused" ? "" : $"{ended.Status}: ")}{PlainText.OneLine(problem)}");
        }

        return EndCode.Of(ended);
    }
}
