using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>Living processes that may be one kind of agent, at one moment.</summary>
internal sealed class Candidates(IReadOnlyList<ProcessEntry> all)
{
    private Dictionary<string, ProcessEntry>? byWord;

    public IReadOnlyList<ProcessEntry> All => all;

    /// <summary>The one that has an id among its arguments (<c>--session ID</c>, <c>--resume=ID</c>); of several, the one that began last.</summary>
    public ProcessEntry? Naming(string id) => (byWord ??= ByWord()).GetValueOrDefault(id);

    private Dictionary<string, ProcessEntry> ByWord()
    {
        var found = new Dictionary<string, ProcessEntry>(StringComparer.Ordinal);
        foreach (var process in all.OrderBy(static process => process.StartedAt))
        {
            foreach (var word in process.Argv ?? [])
            {
                found[word[(word.IndexOf('=') + 1)..]] = process;
            }
        }

        return found;
    }
}
