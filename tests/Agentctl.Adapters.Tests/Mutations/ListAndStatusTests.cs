using Agentctl.Adapters.Tests.ClaudeCode;
using Agentctl.Adapters.Tests.Codex;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Mutations;

/// <summary>Decision 0005: what is found by id is the row of the list, for every recorded session.</summary>
public sealed class ListAndStatusTests
{
    [Fact]
    public async Task Every_recorded_session_of_Claude_Code_is_the_same_by_id_as_in_the_list()
    {
        using var claude = new ClaudeFolder();
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "ClaudeCode", "Fixtures"), "*.jsonl", SearchOption.AllDirectories))
        {
            if (!Path.GetFileName(file).StartsWith("agent-", StringComparison.Ordinal))
            {
                claude.Transcript(Path.GetFileNameWithoutExtension(file));
            }
        }

        var listed = (await claude.Discover()).Sightings;
        Assert.True(listed.Count > 10);
        foreach (var row in listed)
        {
            Assert.Same(row, await claude.Adapter.Find(row.Id, claude.Context(), default));
        }
    }

    [Fact]
    public async Task Every_recorded_thread_of_Codex_is_the_same_by_id_as_in_the_list()
    {
        using var codex = new CodexHome();
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Codex", "Fixtures"), "*.jsonl", SearchOption.AllDirectories))
        {
            codex.Rollout(Path.GetFileNameWithoutExtension(file)[^36..]);
        }

        var listed = (await codex.Discover(Reach.All)).Sightings;
        Assert.True(listed.Count > 10);
        foreach (var row in listed)
        {
            Assert.Same(row, (await codex.Find(row.Id))?.Sighting);
        }
    }
}
