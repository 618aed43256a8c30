using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class MergeTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 1, 21, 28, TimeSpan.Zero);

    private static Sighting Seen(string id, Holder holder, Signal signal, string source = "x") => new()
    {
        Adapter = "codex",
        Id = id,
        Facts = new Facts { Holder = holder, Signal = signal, HolderEvidence = new(source, "holder", Then), SignalEvidence = new(source, "signal", Then) },
    };

    [Fact]
    public void The_native_record_describes_and_the_launch_fills_the_gaps()
    {
        var seen = Seen("1", Holder.Process, Signal.Busy) with { Cwd = "/native", Meta = new Dictionary<string, string> { ["title"] = "t" } };
        var launch = new LaunchDescription
        {
            Cwd = "/launch", Model = "m", Prompt = "p", Group = "g-1", Spec = "s.md",
            Meta = new Dictionary<string, string> { ["openclaw_callback_session_key"] = "k" },
        };

        var session = Assert.Single(Merge.Sessions([seen with { Launched = launch }]));

        Assert.Equal(("/native", "m", "p", "g-1", "s.md"), (session.Sighting.Cwd, session.Sighting.Model, session.Sighting.Prompt, session.Group, session.Spec));
        Assert.Equal(["openclaw_callback_session_key", "title"], session.Sighting.Meta.Keys.Order());
    }

    [Fact]
    public void A_living_holder_is_the_authority_over_a_record_of_the_same_conversation()
    {
        var session = Assert.Single(Merge.Sessions([Seen("1", Holder.None, Signal.Done) with { Prompt = "p" }, Seen("1", Holder.Process, Signal.Busy)]));

        Assert.Equal((SessionState.Running, "p"), (session.State, session.Sighting.Prompt));
    }

    [Fact]
    public void The_order_in_which_adapters_answer_changes_nothing()
    {
        var some =
            from holder in Gen.Elements(Enum.GetValues<Holder>())
            from signal in Gen.Elements(Enum.GetValues<Signal>())
            from id in Gen.Choose(1, 3)
            from source in Gen.Elements("a", "b", "c")
            select Seen($"{id}", holder, signal, source);
        Prop.ForAll(some.ListOf().ToArbitrary(), static seen =>
        {
            static string Told(IEnumerable<Sighting> sightings) => string.Join('\n', Merge.Sessions(sightings)
                .OrderBy(static session => session.Id, StringComparer.Ordinal)
                .Select(static session => $"{session.Id} {session.Verdict}"));
            return Told(seen) == Told(Enumerable.Reverse(seen)) && Merge.Sessions(seen).Select(static s => s.Id).Distinct().Count() == Merge.Sessions(seen).Count;
        }).QuickCheckThrowOnFailure();
    }
}
