using Agentctl.Adapters.Codex;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

public sealed class RolloutNameTests
{
    private const string Id = "01a1fcdb-c06a-7f43-9bef-1dc6ab81d532";

    [Theory]
    [InlineData($"rollout-2026-11-21T06-47-02-{Id}.jsonl", Id)]
    [InlineData($"/home/dev/.codex/archived_sessions/rollout-2026-11-21T06-47-02-{Id}.jsonl.zst", Id)]
    [InlineData($"rollout-2025-05-07T17-24-21-5973b6c0-94b8-487b-a530-2aeb6098ae0e.jsonl", "5973b6c0-94b8-487b-a530-2aeb6098ae0e")]
    [InlineData($"rollout-2026-11-21T06-47-02-{Id}.jsonl.tmp", null)]
    [InlineData($"{Id}.jsonl", null)]
    [InlineData("rollout-short.jsonl", null)]
    [InlineData("rollout-2026-11-21T06-47-02-zzzzzzzz-c06a-7f43-9bef-1dc6ab81d532.jsonl", null)]
    [InlineData("", null)]
    public void The_id_is_read_from_rollout_names_only(string name, string? id) => Assert.Equal(id, RolloutName.IdOf(name));

    [Fact]
    public void A_thread_id_tells_the_day_before_of_and_after_it_was_made() =>
        Assert.Equal(["2026/11/21", "2026/11/20", "2026/11/22"], RolloutName.FoldersOf(Id));

    [Theory]
    [InlineData("5973b6c0-94b8-487b-a530-2aeb6098ae0e")]
    [InlineData("ffffffff-ffff-7fff-bfff-ffffffffffff")]
    public void An_id_without_a_time_in_it_names_no_day(string id) => Assert.Empty(RolloutName.FoldersOf(id));
}
