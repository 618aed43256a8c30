using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>
/// What OpenCode before 1.2 keeps: a file for each session, message and part (tried with 1.1.65). Ids carry the time, so names of files
/// sort as what they hold happened.
/// </summary>
internal sealed class OpenCodeTree(string data, AgentEnvironment environment) : IOpenCodeRecords, IDisposable
{
    private const int LargestBytes = 8 << 20;

    private readonly string storage = Path.Combine(data, "storage");

    // storage/session/<project>/ses_….json · storage/message/<session>/msg_….json · storage/part/<message>/prt_….json
    private readonly FileTree sessions = new(Path.Combine(data, "storage", "session"), static name => IsOne(name, "ses_"), maxDepth: 2);
    private readonly FileTree messages = new(Path.Combine(data, "storage", "message"), static name => IsOne(name, "msg_"), maxDepth: 2);
    private readonly ConcurrentDictionary<string, (FileEntry Session, FileEntry? Newest, RecordedSession Record, IReadOnlyList<string> Problems)> known = new(StringComparer.Ordinal);

    public bool Exists => Directory.Exists(sessions.Root);

    public string Place => environment.Tilde(storage);

    /// <summary>The file of a session changes when a turn begins; the end of a turn is in its newest message.</summary>
    public IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken)
    {
        var scan = sessions.Scan(since, cancellationToken);
        foreach (var problem in scan.Problems)
        {
            problems.Add(problem);
        }

        foreach (var file in ReadingOrder.Of(scan.Files.Where(file => file.ModifiedAt >= since)))
        {
            if (!known.ContainsKey(file.Path) && !reading.MayRead())
            {
                left();
            }
            else
            {
                yield return Read(file, problems);
            }
        }
    }

    public IEnumerable<RecordedSession> InDirectory(string directory, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        ChangedSince(since, ReadingTime.Unlimited, static () => { }, problems, cancellationToken).Where(one => one.Cwd == directory);

    public RecordedSession? Find(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        sessions.Names(name => name.AsSpan()[..^".json".Length].SequenceEqual(id), cancellationToken) is [var path, ..] && NativeFile.Stat(path) is { } file ? Read(file, problems) : null;

    public IReadOnlyList<string> Ids(CancellationToken cancellationToken) => [.. sessions.Names(cancellationToken).Select(static path => Path.GetFileNameWithoutExtension(path))];

    /// <summary>The cursor is the time in the part's id, with a counter in its lowest bits.</summary>
    public IEnumerable<TranscriptEntry> NewestFirst(string session, CancellationToken cancellationToken) => OpenCodeMessage.Entries(Parts(session));

    public TokenUsage? Tokens(string session, CancellationToken cancellationToken) => OpenCodeMessage.Tokens(Parts(session));

    private IEnumerable<OpenCodePart> Parts(string session)
    {
        foreach (var file in MessagesOf(session).Reverse())
        {
            var problems = new List<string>();
            var message = Parse(file, problems);
            foreach (var path in PartsOf(file).Reverse())
            {
                var part = message is null ? null : Parse(path, problems);
                if (part is { } json)
                {
                    var at = json.Member("time")?.Time("start") ?? json.Member("state")?.Member("time")?.Time("start") ?? message!.Value.Member("time")?.Time("created");
                    yield return new OpenCodePart(json, message!.Value, at, CursorOf(path));
                }
                else if (problems.Count > 0)
                {
                    yield return OpenCodePart.Unreadable(problems[^1], message?.Member("time")?.Time("created"), CursorOf(path));
                }
            }
        }
    }

    /// <summary>Every part, for doctor: the session, and why it cannot be read.</summary>
    public IEnumerable<(string Session, string? Problem)> Check(CancellationToken cancellationToken) =>
        Ids(cancellationToken).OrderDescending(StringComparer.Ordinal).SelectMany(session => Parts(session).Select(part => (session, part.Problem)));

    /// <summary>It keeps nothing open but its own log; which file a process has open, the kernel says.</summary>
    public IEnumerable<ProcessEntry> Holders(IProcessTable processes)
    {
        var logs = RealPath.TryResolve(Path.Combine(data, "log")) ?? Path.Combine(data, "log");
        return processes.All.Where(process => process.UserId == processes.UserId && process.HasFileBelow(logs));
    }

    public IDisposable Watch(Action changed) => new Both(sessions.Watch(changed), messages.Watch(changed));

    public string? WhyNotWatched() => sessions.WhyNotWatched() ?? messages.WhyNotWatched();

    public void Dispose()
    {
        sessions.Dispose();
        messages.Dispose();
    }

    private RecordedSession Read(FileEntry file, ICollection<string> problems)
    {
        var id = Path.GetFileNameWithoutExtension(file.Path);
        var all = MessagesOf(id);
        var newest = all.Count > 0 ? Stat(all[^1]) : null;
        if (!known.TryGetValue(file.Path, out var last) || last.Session != file || last.Newest != newest)
        {
            // A session whose own file is damaged is shown with what its messages say.
            var found = new List<string>();
            var session = Parse(file.Path, found) ?? default;
            var message = all.Count > 0 ? Parse(all[^1], found) : null;
            last = (file, newest, RecordOf(id, file, session, message, all), found);
            known[file.Path] = last;
        }

        foreach (var problem in last.Problems)
        {
            problems.Add(problem);
        }

        return last.Record;
    }

    /// <summary>Null also for what may not be looked at: reading it reports why.</summary>
    private static FileEntry? Stat(string path)
    {
        try
        {
            return NativeFile.Stat(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // {"id":"ses_…","version":"1.1.65","directory":"/home/dev/proj","title":"…","parentID":"ses_…","time":{"created":…,"updated":…},…}
    private RecordedSession RecordOf(string id, FileEntry file, JsonElement session, JsonElement? message, IReadOnlyList<string> all)
    {
        var (signal, fact) = all.Count > 0 && message is null ? (Signal.Busy, "the newest message is not whole") : OpenCodeMessage.TurnOf(message);
        var began = message?.Member("time")?.Time("created");
        var at = message?.Member("time")?.Time("completed") ?? began ?? session.Member("time")?.Time("updated") ?? file.ModifiedAt;
        var title = session.Text("title");
        return new RecordedSession
        {
            Id = id,
            Source = environment.Tilde(file.Path),
            Cwd = session.Text("directory"),
            StartedAt = session.Member("time")?.Time("created"),
            LastAt = at,
            Model = message?.Text("modelID") ?? message?.Member("model")?.Text("modelID"),
            Prompt = PromptText.Of(PromptOf(all) ?? title),
            Signal = signal,
            Fact = fact,
            SignalAt = signal == Signal.Busy ? began ?? at : at,
            Meta = MetaOf(("title", title), ("version", session.Text("version")), ("parent", session.Text("parentID")), ("agent", message?.Text("agent"))),
        };
    }

    private static Dictionary<string, string> MetaOf(params ReadOnlySpan<(string Key, string? Value)> members)
    {
        var meta = new Dictionary<string, string>();
        foreach (var (key, value) in members)
        {
            if (value is not null)
            {
                meta[key] = value;
            }
        }

        return meta;
    }

    private string? PromptOf(IReadOnlyList<string> all) => all.Take(2)
        .Where(file => Parse(file, [])?.Text("role") == "user").SelectMany(PartsOf).Take(4)
        .Select(part => Parse(part, []) is { } json ? OpenCodeMessage.SaidIn(json) : null)
        .FirstOrDefault(static text => text is not null);

    private IReadOnlyList<string> MessagesOf(string session) => Sorted(Path.Combine(messages.Root, session));

    private IReadOnlyList<string> PartsOf(string message) => Sorted(Path.Combine(storage, "part", Path.GetFileNameWithoutExtension(message)));

    private static IReadOnlyList<string> Sorted(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // What may not be read is not there for this user.
            return [];
        }
    }

    private static bool IsOne(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal);

    // prt_21e9250480017CMF9DBTDlosU3.json
    private static long CursorOf(string part) =>
        Path.GetFileName(part) is { Length: > 16 } name && long.TryParse(name.AsSpan(4, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var place) ? place : 0;

    private JsonElement? Parse(string path, List<string> problems)
    {
        var json = ForeignFile.Read(path, LargestBytes, out var problem);
        if (problem is not null)
        {
            problems.Add($"{environment.Tilde(path)} {problem}");
        }

        return json;
    }
}
