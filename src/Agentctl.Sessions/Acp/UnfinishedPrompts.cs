namespace Agentctl.Sessions;

/// <summary>What a result needs of the entries before a prompt's end.</summary>
/// <param name="Begun">Its newest beginning; null when it has not begun.</param>
/// <param name="Session">The agent's id of the session at that time, if the journal says it.</param>
internal readonly record struct PromptStart(JournalEntry? Begun, string? Session);

/// <summary>The prompts of a journal that have no end yet, collected entry by entry, so that a result needs no second reading of the journal.</summary>
internal sealed class UnfinishedPrompts
{
    private readonly Dictionary<string, PromptStart> starts = new(StringComparer.Ordinal);
    private string? session;

    public void Add(JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalKinds.Ready:
                session = entry.SessionId;
                break;
            case JournalKinds.Prompt:
                starts[entry.Request!] = new PromptStart(null, session);
                break;
            case JournalKinds.Begin when starts.ContainsKey(entry.Request!):
                starts[entry.Request!] = new PromptStart(entry, session);
                break;
        }
    }

    /// <summary>The start of a prompt that has no end; null when the entries so far hold no such prompt.</summary>
    public PromptStart? Find(string request) => starts.TryGetValue(request, out var start) ? start : null;

    /// <summary>As <see cref="Find"/>; the prompt has its end now and is forgotten.</summary>
    public PromptStart? Take(string request) => starts.Remove(request, out var start) ? start : null;
}
