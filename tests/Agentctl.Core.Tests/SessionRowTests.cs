using System.Text;
using System.Text.Json;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class SessionRowTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 1, 21, 28, 384, TimeSpan.Zero);

    private static Sighting Busy => new()
    {
        Adapter = "claude-code",
        Id = "2d90595b-9af3-4246-b47a-f618218ff3a4",
        Facts = new Facts
        {
            Holder = Holder.Process,
            Signal = Signal.Busy,
            Process = new ProcessIdentity("box", "boot", 1, 4711, 99),
            SignalEvidence = new Evidence("~/.claude/sessions/4711.json", "status busy", Then),
        },
    };

    private static string Json(Sighting sighting) =>
        Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(SessionRow.From(Session.From(sighting)), ApiJson.Readable.SessionRow));

    [Fact]
    public void Keys_stand_in_the_order_of_the_contract_and_absent_values_are_left_out()
    {
        Assert.Equal(
            """{"id":"2d90595b-9af3-4246-b47a-f618218ff3a4","adapter":"claude-code","status":"running","alive":true,"pid":4711,"owner":"unknown","host":"box","meta":{},"evidence":{"source":"~/.claude/sessions/4711.json","fact":"status busy","observedAt":"2026-11-21T01:21:28.384Z"}}""",
            Json(Busy));
    }

    [Fact]
    public void A_full_row_has_every_key_of_the_contract()
    {
        var full = Busy with
        {
            Facts = Busy.Facts with { Holder = Holder.Gone, HolderEvidence = Busy.Facts.SignalEvidence },
            StartedAt = Then, StoppedAt = Then, LastActivityAt = Then, Cwd = "/repo", Model = "m", Prompt = "p",
            Tokens = new TokenUsage(1, 2, 3, 4), Cost = 0.5m, ExitCode = 3, Aliases = ["@1-2"], Owner = Owner.Terminal,
        };
        var row = SessionRow.From(Session.From(full) with { Group = "g-1", Spec = "s" });

        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(row with { Pid = 4711 }, ApiJson.Readable.SessionRow));

        Assert.Equal(
            "id adapter status reason alive startedAt stoppedAt lastActivityAt cwd spec model prompt tokens cost pid exitCode owner group host aliases meta evidence",
            string.Join(' ', json.RootElement.EnumerateObject().Select(static property => property.Name)));
        Assert.Equal("in out cacheRead cacheWrite", string.Join(' ', json.RootElement.GetProperty("tokens").EnumerateObject().Select(static property => property.Name)));
    }

    [Fact]
    public void A_dead_process_gives_no_pid_to_act_on()
    {
        var row = SessionRow.From(Session.From(Busy with { Facts = Busy.Facts with { Holder = Holder.Gone, HolderEvidence = Busy.Facts.SignalEvidence } }));

        Assert.Null(row.Pid);
    }

    [Fact]
    public void W31_a_long_prompt_is_cut_between_characters()
    {
        var prompt = new string('x', SessionRow.PromptLimit - 1) + "😀" + "tail";

        Assert.Equal(SessionRow.PromptLimit - 1, SessionRow.From(Session.From(Busy with { Prompt = prompt })).Prompt!.Length);
    }
}
