using Agentctl.Cli.Terminals;
using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>
/// Questions to the person at this terminal, one after the other. A question that is answered elsewhere, or whose turn ends, ends by
/// itself and takes nothing that is typed afterwards.
/// </summary>
/// <param name="readLine">Waits for a line; null at the end of the input.</param>
/// <param name="answer">Passes an answer on.</param>
internal sealed class TerminalQuestions(Terminal terminal, Func<CancellationToken, string?> readLine, Func<ApprovalOrder, Task> answer)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, CancellationTokenSource> open = new(StringComparer.Ordinal);
    private Task last = Task.CompletedTask;

    public void Ask(string id, string what, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (open.TryAdd(id, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken)))
            {
                last = AskAfter(last, id, what, open[id].Token);
            }
        }
    }

    /// <summary>The question has its answer.</summary>
    public void End(string id)
    {
        lock (gate)
        {
            if (open.Remove(id, out var question))
            {
                question.Cancel();
            }
        }
    }

    /// <summary>The turn is over: no answer is wanted any more.</summary>
    public Task EndAll()
    {
        lock (gate)
        {
            foreach (var id in open.Keys.ToList())
            {
                End(id);
            }

            return last;
        }
    }

    private async Task AskAfter(Task before, string id, string what, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        terminal.Note($"[permission] {what}");
        terminal.Note("Allow it? [y]es, [a]lways, [N]o");
        try
        {
            var said = await Task.Run(() => readLine(cancellationToken), cancellationToken);
            await answer(new ApprovalOrder(id, said is "y" or "Y" or "yes" or "a" or "A", said is "a" or "A"));
        }
        catch (OperationCanceledException)
        {
            terminal.Note("[agentctl] no answer is needed any more");
        }
        catch (Exception lost) when (lost is DaemonLostException or IOException)
        {
            terminal.Note($"[agentctl] the answer was not passed on, because {lost.Message}. To answer: agentctl approvals allow {id}");
        }
        finally
        {
            End(id);
        }
    }
}
