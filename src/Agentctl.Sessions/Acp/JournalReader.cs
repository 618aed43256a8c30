namespace Agentctl.Sessions;

/// <summary>
/// The entries of a journal from a position on, each once, in one pass over the file however long it is. What is appended later comes
/// with a later call. Not thread-safe.
/// </summary>
/// <param name="opening">Called before the file is opened: everything appended until then is returned before <see cref="Next"/> returns null.</param>
internal sealed class JournalReader(string path, long from, Action? opening = null) : IDisposable
{
    private IEnumerator<(JournalEntry Entry, long Next)>? entries;

    /// <summary>Where the entry after the last returned one begins.</summary>
    public long Position { get; private set; } = from;

    /// <summary>The next entry; null when no further one is in the file now.</summary>
    public JournalEntry? Next()
    {
        if (entries is null || !entries.MoveNext())
        {
            entries?.Dispose();
            opening?.Invoke();
            entries = AcpJournal.Read(path, Position).GetEnumerator();
            if (!entries.MoveNext())
            {
                entries.Dispose();
                entries = null;
                return null;
            }
        }

        Position = entries.Current.Next;
        return entries.Current.Entry;
    }

    public void Dispose() => entries?.Dispose();
}
