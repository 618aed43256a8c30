using System.Text.Json;
using System.Text.Json.Serialization;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// The last good answer of each adapter: ids, state, age, for 24 hours, under <c>cache/</c>. Evidence for <c>unknown</c> and
/// nothing else (law L5): no row is ever listed from it while its adapter answers.
/// </summary>
internal sealed class LastAnswers(string agentctlHome, TimeProvider time)
{
    private static readonly TimeSpan Expiry = TimeSpan.FromHours(24);

    /// <summary>An unchanged answer is written again only this often, so that its age stays about right after a crash.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(1);

    private readonly string folder = new LaunchPlaces(agentctlHome).Cache;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (LastAnswer Answer, DateTimeOffset WrittenAt)> answers = [];

    public void Remember(string adapter, DateTimeOffset answeredAt, IReadOnlyList<Sighting> sightings)
    {
        var alive = new List<LastSession>();
        foreach (var sighting in sightings)
        {
            var state = Session.From(sighting).State;
            if (state.IsActive())
            {
                alive.Add(new LastSession(sighting.Id, sighting.Aliases, state.Word(), sighting.LastActivityAt));
            }
        }

        alive.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id));
        var answer = new LastAnswer(adapter, answeredAt, alive);
        lock (gate)
        {
            if (answers.TryGetValue(adapter, out var known) && known.Answer.IsSameAs(answer) && answeredAt - known.WrittenAt < Refresh)
            {
                answers[adapter] = known with { Answer = answer };
                return;
            }

            answers[adapter] = (answer, answeredAt);
            Write(answer);
        }
    }

    /// <summary>The last good answer, if there was one within the day.</summary>
    public LastAnswer? Recall(string adapter)
    {
        lock (gate)
        {
            var answer = answers.TryGetValue(adapter, out var known) ? known.Answer : Read(adapter);
            return answer is not null && time.GetUtcNow() - answer.AnsweredAt < Expiry ? answer : null;
        }
    }

    private void Write(LastAnswer answer)
    {
        try
        {
            PrivateDirectory.Ensure(agentctlHome);
            PrivateDirectory.Ensure(folder);
            var json = JsonSerializer.SerializeToUtf8Bytes(answer, LastAnswerJson.Default.LastAnswer);
            DurableFile.Replace(Path.Combine(folder, answer.Adapter + ".json"), json, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Without the file a restarted daemon has no memory, and says so; this one still has it.
        }
    }

    private LastAnswer? Read(string adapter)
    {
        try
        {
            return NativeFile.ReadSmall(Path.Combine(folder, adapter + ".json"), 4 << 20) is { } json
                ? JsonSerializer.Deserialize(json, LastAnswerJson.Default.LastAnswer)
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>What an adapter last said.</summary>
internal sealed record LastAnswer(string Adapter, DateTimeOffset AnsweredAt, IReadOnlyList<LastSession> Sessions)
{
    public bool IsSameAs(LastAnswer other) =>
        Sessions.Count == other.Sessions.Count && Sessions.Zip(other.Sessions).All(static pair => pair.First.Id == pair.Second.Id && pair.First.State == pair.Second.State);

    /// <summary>What was active then is unknown now: neither alive nor stopped.</summary>
    public IReadOnlyList<Sighting> AsUnknown(string reason) =>
    [
        .. Sessions.Select(session => new Sighting
        {
            Adapter = Adapter,
            Id = session.Id,
            Aliases = session.Aliases,
            LastActivityAt = session.LastActivityAt,
            Facts = new Facts
            {
                Holder = Holder.Unreadable,
                Signal = Signal.None,
                UnknownReason = reason,
                HolderEvidence = new Evidence($"cache/{Adapter}.json", $"was {session.State} when {Adapter} last answered", AnsweredAt),
                NotKnown = [$"what it does since {Adapter} stopped answering"],
            },
        }),
    ];
}

internal sealed record LastSession(string Id, IReadOnlyList<string> Aliases, string State, DateTimeOffset? LastActivityAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LastAnswer))]
internal sealed partial class LastAnswerJson : JsonSerializerContext;
