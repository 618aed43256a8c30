namespace Agentctl.Sessions;

/// <summary>Waits until a journal holds the end of a prompt. Of the journal only what is new is read, and of the agent's output nothing.</summary>
internal static class PromptEnd
{
    /// <param name="from">A position in the journal at which the prompt has no end.</param>
    /// <param name="isOver">Nobody drives the session any more.</param>
    /// <returns>False when nobody drives the session and the prompt has no end.</returns>
    public static async Task<bool> Wait(string journalPath, string request, long from, ConversationNews news, Func<bool> isOver, CancellationToken cancellationToken)
    {
        using var entries = new JournalReader(journalPath, from);
        while (true)
        {
            // Evaluated first: entries that were appended until then are read.
            var last = isOver();
            while (entries.Next() is { } entry)
            {
                if (entry.Kind == JournalKinds.End && entry.Request == request)
                {
                    return true;
                }
            }

            if (last)
            {
                return false;
            }

            await news.Wait(launch: null, needsLease: true, cancellationToken).ConfigureAwait(false);
        }
    }
}
