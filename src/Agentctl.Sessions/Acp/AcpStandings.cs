using System.Collections.Concurrent;
using System.Text;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// What an ACP session is doing, from its files alone: so that a command without a daemon tells the same as the daemon that drives it.
/// Journals and outputs are read once and then only what is new. Thread-safe.
/// </summary>
internal sealed class AcpStandings(AcpStore store, LaunchPlaces places)
{
    private readonly ConcurrentDictionary<string, FollowedJournal> journals = new(StringComparer.Ordinal);

    /// <summary>How far each one's output was searched for the answer to a prompt.</summary>
    private readonly ConcurrentDictionary<string, (string Prompt, long To)> searched = new(StringComparer.Ordinal);

    /// <summary>Forgets the conversations that are gone.</summary>
    public void Keep(IReadOnlySet<string> conversations)
    {
        foreach (var id in journals.Keys.Where(id => !conversations.Contains(id)))
        {
            journals.TryRemove(id, out _);
            searched.TryRemove(id, out _);
        }
    }

    /// <summary>What its journal says is unfinished.</summary>
    public AcpLeft Left(string conversation) => journals.GetOrAdd(conversation, id => new FollowedJournal(store.JournalOf(id))).Left();

    /// <summary>What of its journal cannot be read, as a sentence; null when all can.</summary>
    public string? Damage(string conversation) => journals.GetOrAdd(conversation, id => new FollowedJournal(store.JournalOf(id))).Damage();

    /// <summary>What it tells of a launch of its agent.</summary>
    public AcpTelling Tell(string conversation, Launch launch, string path)
    {
        var (signal, waitingFor, evidence) = launch.IsHeld ? Of(conversation, launch, path) : EndOf(conversation, launch, path);
        return new AcpTelling(signal, waitingFor, evidence, Left(conversation).LastPrompt is { } prompt ? PromptBlocks.Text(prompt.Prompt) : null);
    }

    /// <summary>How the turn went that ended together with its agent: the agent's exit code does not say.</summary>
    private (Signal Signal, string? WaitingFor, Evidence Evidence) EndOf(string conversation, Launch launch, string path)
    {
        var isOfThisTurn = launch.Exit is { } exit && Left(conversation).LastEnd is { } last && last.At >= launch.Record.LaunchedAt && (exit.Stop is { By: StopRecord.Done } || last.At >= exit.EndedAt);
        return isOfThisTurn && Left(conversation).LastEnd is { Status: "failed" or "timed-out" } end
            ? (end.Status == "failed" ? Signal.Failed : Signal.TimedOut, null, new Evidence(path, $"prompt {end.Request} {(end.Status == "failed" ? "failed" : "timed out")}: {end.Problem}", end.At))
            : (Signal.None, null, new Evidence(path, "its agent does not run", launch.Exit?.EndedAt ?? launch.Record.LaunchedAt));
    }

    /// <summary>The turn of an agent that lives.</summary>
    /// <param name="path">How evidence names the journal.</param>
    public (Signal Signal, string? WaitingFor, Evidence Evidence) Of(string conversation, Launch launch, string path)
    {
        var left = Left(conversation);
        if (left.Begun is not { } begun || begun.Launch != launch.Id)
        {
            return left.Ready is { } ready && ready.Launch == launch.Id
                ? (Signal.Idle, null, new Evidence(path, left.Waiting.Count == 0 ? "no prompt is unanswered" : $"{left.Waiting.Count} prompts wait, none is given to the agent", left.LastEndAt ?? ready.At))
                : (Signal.None, null, new Evidence(path, "the agent has not told its session yet", launch.Record.LaunchedAt));
        }

        if (!Lease.IsHeld(store.LeaseOf(conversation)) && HasAnswered(conversation, begun, launch))
        {
            return (Signal.Idle, null, new Evidence(path, $"prompt {begun.Request} was given to the agent, and its output holds the answer", begun.At));
        }

        return left.Asks.FirstOrDefault(ask => !IsAnswered(launch, ask)) is { } open
            ? (Signal.Waiting, "permission-prompt", new Evidence(path, $"the agent asks: {open.Approval!.Title} ({open.Approval.Tool}); to answer: agentctl approvals", open.At))
            : (Signal.Busy, null, new Evidence(path, $"prompt {begun.Request} was given to the agent and has no answer yet", begun.At));
    }

    private bool IsAnswered(Launch launch, JournalEntry ask) => InputKeys.Read(places.Of(launch.Id))?.Any(one => one.Key == $"re:{ask.Offset}") == true;

    /// <summary>Nobody drives it, so nobody has noted the end: the output is asked.</summary>
    private bool HasAnswered(string conversation, JournalEntry begun, Launch launch)
    {
        var answer = Encoding.UTF8.GetBytes($"\"id\":\"{begun.Request}.{begun.Attempt ?? 1}\"");
        var prompt = $"{begun.Request}.{begun.Attempt}";
        var from = searched.TryGetValue(conversation, out var last) && last.Prompt == prompt ? last.To : begun.Offset ?? 0;
        foreach (var line in JsonLines.Forward(store.OutputOf(launch.Id), from))
        {
            if (line.Bytes.Span.IndexOf(answer) >= 0 && MessageLine.Split(line.Bytes).Any(message => message.Span.IndexOf(answer) >= 0 && message.Span.IndexOf("\"method\""u8) < 0))
            {
                return true;
            }

            searched[conversation] = (prompt, line.End);
        }

        return false;
    }
}

/// <summary>What an ACP session tells of itself.</summary>
internal sealed record AcpTelling(Signal Signal, string? WaitingFor, Evidence Evidence, string? Prompt);
