namespace Agentctl.Cli.Commands;

/// <summary>Which entries of a conversation were shown already, when another daemon tells it again from its beginning.</summary>
internal sealed class ShownEntries
{
    private long newest = -1;
    private int countAtNewest;
    private int skippedAtNewest;
    private bool isRepeated;

    /// <summary>The conversation is told from now on.</summary>
    /// <returns>Whether nothing was shown yet.</returns>
    public bool Begin()
    {
        skippedAtNewest = 0;
        return !(isRepeated = newest >= 0);
    }

    /// <summary>Several entries of one record have the same cursor.</summary>
    /// <returns>False when the entry was shown before.</returns>
    public bool Adds(long cursor)
    {
        if (isRepeated && (cursor < newest || (cursor == newest && skippedAtNewest++ < countAtNewest)))
        {
            return false;
        }

        countAtNewest = cursor == newest ? countAtNewest + 1 : 1;
        newest = cursor;
        return true;
    }
}
