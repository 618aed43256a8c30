namespace Agentctl.Core;

/// <summary>How a person names a session: an id, an alias, any unique prefix of either, with or without <c>&lt;adapter&gt;/</c>.</summary>
/// <param name="Adapter">The adapter, when it was said.</param>
/// <param name="Text">The id, alias or prefix.</param>
public sealed record SessionRef(string? Adapter, string Text)
{
    /// <summary>Printed ids have at least this many characters.</summary>
    public const int ShortestPrinted = 8;

    /// <summary>Splits <c>adapter/id</c>; a slash that does not follow a known adapter belongs to the id.</summary>
    public static SessionRef Parse(string text, IEnumerable<string> adapters)
    {
        var slash = text.IndexOf('/');
        return slash > 0 && adapters.Contains(text[..slash])
            ? new SessionRef(text[..slash], text[(slash + 1)..])
            : new SessionRef(null, text);
    }

    /// <summary>
    /// Picks among the names of all adapters that were asked: an exact match wins over prefixes, a prefix must mean one session.
    /// </summary>
    public Resolution Resolve(IEnumerable<(string Adapter, SessionName Name)> names)
    {
        var exact = new List<ResolvedSession>();
        var prefixed = new List<ResolvedSession>();
        foreach (var (adapter, name) in names)
        {
            if (Text.Length == 0 || (Adapter is not null && adapter != Adapter) || !name.Name.StartsWith(Text, StringComparison.Ordinal))
            {
                continue;
            }

            var list = name.Name.Length == Text.Length ? exact : prefixed;
            var found = new ResolvedSession(adapter, name.Id);
            if (!list.Contains(found))
            {
                list.Add(found);
            }
        }

        var matches = exact.Count > 0 ? exact : prefixed;
        return matches.Count switch
        {
            0 => Resolution.NotFound.Instance,
            1 => new Resolution.Found(matches[0]),
            _ => new Resolution.Ambiguous(matches),
        };
    }

    /// <summary>
    /// For each id the shortest prefix, of at least eight characters, that no other name shares: what is printed always resolves.
    /// </summary>
    /// <param name="ids">The ids to print.</param>
    /// <param name="names">Every name that exists, the ids among them or not.</param>
    public static IReadOnlyDictionary<string, string> Shorten(IEnumerable<string> ids, IEnumerable<SessionName> names)
    {
        var wanted = new HashSet<string>(ids);
        var all = names.ToList();
        all.AddRange(wanted.Select(static id => new SessionName(id, id)));

        // Nearly every id is alone with its first eight characters; only those in a crowd are compared.
        var crowds = new Dictionary<ulong, string?>(all.Count);
        foreach (var (name, id) in all)
        {
            var start = StartOf(name);
            crowds[start] = !crowds.TryGetValue(start, out var other) || other == id ? id : null;
        }

        var shortened = wanted.ToDictionary(static id => id, static id => id[..Math.Min(id.Length, ShortestPrinted)]);
        var crowded = all.FindAll(name => crowds[StartOf(name.Name)] is null);
        crowded.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (var i = 0; i < crowded.Count; i++)
        {
            var (name, id) = crowded[i];
            if (name == id && wanted.Contains(id))
            {
                var shared = Math.Max(SharedWithOther(crowded, i, -1), SharedWithOther(crowded, i, +1));
                shortened[id] = name[..Math.Min(name.Length, Math.Max(ShortestPrinted, shared + 1))];
            }
        }

        return shortened;
    }

    /// <summary>The first eight characters as a number; names shorter or beyond Latin share one with others, which only makes a crowd larger.</summary>
    private static ulong StartOf(string name)
    {
        var start = 0UL;
        for (var i = 0; i < ShortestPrinted; i++)
        {
            start = (start << 8) | (i < name.Length ? (byte)name[i] : 0UL);
        }

        return start;
    }

    /// <summary>Length of the prefix shared with the next name, in that direction, that means another session.</summary>
    private static int SharedWithOther(List<SessionName> sorted, int at, int step)
    {
        for (var i = at + step; i >= 0 && i < sorted.Count; i += step)
        {
            if (sorted[i].Id != sorted[at].Id)
            {
                return sorted[i].Name.AsSpan().CommonPrefixLength(sorted[at].Name);
            }
        }

        return 0;
    }

    public override string ToString() => Adapter is null ? Text : $"{Adapter}/{Text}";
}

/// <summary>A session that a reference means.</summary>
public sealed record ResolvedSession(string Adapter, string Id)
{
    public override string ToString() => $"{Adapter}/{Id}";
}

/// <summary>What a reference means: one session, several, or none.</summary>
public abstract record Resolution
{
    private Resolution()
    {
    }

    public sealed record Found(ResolvedSession Session) : Resolution;

    public sealed record Ambiguous(IReadOnlyList<ResolvedSession> Candidates) : Resolution;

    public sealed record NotFound : Resolution
    {
        public static readonly NotFound Instance = new();
    }
}
