using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.Mutations;

/// <summary>
/// One damaged record costs one record: whatever is done to one file of an agent, nothing throws, the rows of the agent's other
/// sessions stay as they were, and a session is the same by id as in the list. AGENTCTL_MUTATIONS says how often each agent is damaged, AGENTCTL_MUTATION_SEED where to begin.
/// </summary>
public sealed class DamagedFilesTests
{
    private const int UsualMutations = 2_000;

    public static TheoryData<string> Agents => [.. MutatedAgent.All.Select(static agent => agent.Name)];

    [Theory]
    [MemberData(nameof(Agents))]
    public async Task Damage_in_one_file_costs_at_most_the_session_of_that_file(string name)
    {
        var agent = MutatedAgent.All.Single(one => one.Name == name);
        var mutations = Number("AGENTCTL_MUTATIONS") ?? UsualMutations;
        var firstSeed = Number("AGENTCTL_MUTATION_SEED") ?? Random.Shared.Next(1_000_000_000);
        var home = Directory.CreateTempSubdirectory("agentctl-mutations-").FullName;
        try
        {
            var files = agent.Record(home);
            var whole = await Rows(agent, home);
            Assert.NotEmpty(whole.Rows);
            Assert.Empty(whole.Problems);
            var failures = new List<string>();
            for (var seed = firstSeed; seed < firstSeed + mutations; seed++)
            {
                var file = files[(seed & int.MaxValue) % files.Count];
                if (await WhatIsWrong(agent, home, file, seed, whole.Rows) is { } wrong)
                {
                    failures.Add($"AGENTCTL_MUTATION_SEED={seed} {Path.GetRelativePath(home, file)}: {wrong}");
                }
            }

            Assert.True(failures.Count == 0, $"{failures.Count} of {mutations} mutations of {name} failed, for example:\n{string.Join('\n', failures.Take(10))}");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static async Task<string?> WhatIsWrong(MutatedAgent agent, string home, string file, int seed, IReadOnlyDictionary<string, string> whole)
    {
        var original = await File.ReadAllBytesAsync(file);
        var written = File.GetLastWriteTimeUtc(file);
        var damaged = Mutation.Of(original, seed);
        await File.WriteAllBytesAsync(file, damaged);
        // A file that was written just now may be in the middle of being written, and is waited for.
        File.SetLastWriteTimeUtc(file, written);
        try
        {
            var (rows, problems) = await Rows(agent, home);
            foreach (var (id, row) in whole)
            {
                if (agent.IsOf(file, id))
                {
                    // With this value the file is a sub-agent's, and that is no session.
                    if (!rows.Keys.Any(row => agent.IsOf(file, row)) && damaged.AsSpan().IndexOf("\"isSidechain\":true"u8) < 0 && !problems.Any(problem => problem.Contains(Path.GetFileName(file), StringComparison.Ordinal)))
                    {
                        return $"its session {id} vanished, and no problem names the file";
                    }
                }
                else if (!rows.TryGetValue(id, out var now))
                {
                    return $"the session {id} vanished";
                }
                else if (IsRecordOfOneSession(agent, file, whole) && now != row)
                {
                    return $"the row of {id} changed\n  from {row}\n  to   {now}";
                }
            }

            // The damaged one, and one of those that must not notice.
            return await AskForEach(agent, home, [.. whole.Keys.Where(id => agent.IsOf(file, id)), whole.Keys.First(id => !agent.IsOf(file, id))], rows);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            return $"{thrown.GetType().Name}: {thrown.Message} {thrown.StackTrace?.Split('\n').FirstOrDefault(static line => line.Contains("Agentctl.Adapters", StringComparison.Ordinal))?.Trim()}";
        }
        finally
        {
            await File.WriteAllBytesAsync(file, original);
            File.SetLastWriteTimeUtc(file, written);
        }
    }

    /// <summary>A list of names, or the registry, may tell something about every session; a conversation tells about its own.</summary>
    private static bool IsRecordOfOneSession(MutatedAgent agent, string file, IReadOnlyDictionary<string, string> whole) =>
        whole.Keys.Any(id => agent.IsOf(file, id));

    private static async Task<(Dictionary<string, string> Rows, IReadOnlyList<string> Problems)> Rows(MutatedAgent agent, string home)
    {
        var adapter = Open(agent, home);
        using var owned = adapter as IDisposable;
        var answer = await adapter.Discover(new DiscoveryContext(Reach.All, DateTimeOffset.UnixEpoch, new FakeProcessTable()), default);
        return (answer.Sightings.ToDictionary(static sighting => sighting.Id, static sighting => Text(Session.From(sighting))), answer.Problems);
    }

    /// <summary>
    /// Whatever else can be asked about a session must end too, with an answer or by saying that it could not look. What is found by id
    /// is the row of the list.
    /// </summary>
    private static async Task<string?> AskForEach(MutatedAgent agent, string home, IEnumerable<string> ids, Dictionary<string, string> rows)
    {
        var adapter = Open(agent, home);
        using var owned = adapter as IDisposable;
        await adapter.Names(default);
        foreach (var id in ids)
        {
            try
            {
                var found = await adapter.Find(id, new DiscoveryContext(Reach.All, DateTimeOffset.UnixEpoch, new FakeProcessTable()), default);
                if ((found is null ? null : Text(Session.From(found))) is var one && one != rows.GetValueOrDefault(id))
                {
                    return $"{id} is not the same by id and in the list\n  list  {rows.GetValueOrDefault(id)}\n  by id {one}";
                }

                await adapter.CountTokens(id, default);
                foreach (var range in (TranscriptRange[])[new TranscriptRange(), new TranscriptRange(3)])
                {
                    await foreach (var entry in adapter.ReadTranscript(id, range, default))
                    {
                        Assert.NotNull(entry.Text);
                    }
                }
            }
            catch (CannotLookException)
            {
                // It says so for this session; the others are asked all the same.
            }
        }

        return null;
    }

    private static IAgentAdapter Open(MutatedAgent agent, string home) => agent.Create(new AgentEnvironment(home, new Dictionary<string, string>()));

    /// <summary>All that a row is made of.</summary>
    internal static string Text(Session session)
    {
        var sighting = session.Sighting;
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{session.State} {session.Verdict.Reason} {session.Verdict.Decider} | {sighting with { Facts = Same, Meta = Sighting.NoMeta, Aliases = [] }}");
        foreach (var (key, value) in sighting.Meta.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $" {key}={value}");
        }

        return text.ToString();
    }

    private static readonly Facts Same = new() { Holder = Holder.None, Signal = Signal.None };
}
