using System.CommandLine.Completions;
using Agentctl.Core;

namespace Agentctl.Cli.Completion;

/// <summary>Session ids for the shell's completion. A completion never waits long and never complains.</summary>
internal static class SessionIds
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static IEnumerable<CompletionItem> Of(Surroundings around)
    {
        try
        {
            return Ask(around).GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or CannotLookException)
        {
            return [];
        }
    }

    private static async Task<IReadOnlyList<CompletionItem>> Ask(Surroundings around)
    {
        using var deadline = new CancellationTokenSource(Patience, around.Time);
        var sessions = await around.OpenSessions(deadline.Token);
        var reply = await sessions.List(new ListQuery(All: true), deadline.Token);
        if (!reply.IsOk)
        {
            return [];
        }

        var list = SessionList.ReadTable(reply.Whole());
        return [.. Enumerable.Range(0, list.Rows.Count).Select(index => new CompletionItem(list.Row(index).Id))];
    }
}
