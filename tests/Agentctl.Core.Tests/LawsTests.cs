using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Core.Tests;

/// <summary>The laws of the product that the core keeps by itself; L5 to L7 have their tests beside what keeps them too.</summary>
public sealed class LawsTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 1, 21, 28, TimeSpan.Zero);

    private static Facts Seen(Holder holder, Signal signal, DateTimeOffset at) => new()
    {
        Holder = holder,
        Signal = signal,
        HolderEvidence = new Evidence("/proc/4711/stat", "seen", at),
        SignalEvidence = new Evidence("~/.claude/sessions/4711.json", "seen", at),
    };

    private static readonly Gen<Facts> AnyFacts =
        from holder in Gen.Elements(Enum.GetValues<Holder>())
        from signal in Gen.Elements(Enum.GetValues<Signal>())
        from days in Gen.Choose(0, 4000)
        select Seen(holder, signal, Then.AddDays(-days));

    private static Sighting Sighting(string adapter, string id, Facts facts) => new() { Adapter = adapter, Id = id, Facts = facts };

    [Fact]
    public void L1_a_launch_describes_a_session_and_never_says_whether_it_runs()
    {
        var stopped = Session.From(Sighting("codex", "1", Seen(Holder.Gone, Signal.Busy, Then)));

        var described = Merge.With(stopped, new LaunchDescription { Cwd = "/repo", Group = "g-1", Prompt = "hi" });

        Assert.Equal(stopped.Verdict, described.Verdict);
        Assert.DoesNotContain(typeof(LaunchDescription).GetProperties(), static property => property.PropertyType == typeof(SessionState));
    }

    [Fact]
    public void L2_every_verdict_names_the_one_piece_of_evidence_that_decided()
    {
        Prop.ForAll(AnyFacts.ToArbitrary(), static facts =>
        {
            var verdict = VerdictRules.Decide(facts);
            return (ReferenceEquals(verdict.Decider, facts.HolderEvidence) || ReferenceEquals(verdict.Decider, facts.SignalEvidence)) && verdict.Why.Length > 0;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void L3_the_age_of_the_evidence_never_changes_the_verdict()
    {
        Prop.ForAll(AnyFacts.ToArbitrary(), static facts =>
        {
            var old = facts with
            {
                HolderEvidence = facts.HolderEvidence! with { ObservedAt = Then.AddYears(-9) },
                SignalEvidence = facts.SignalEvidence! with { ObservedAt = Then.AddYears(-9) },
            };
            var (one, other) = (VerdictRules.Decide(facts), VerdictRules.Decide(old));
            return (one.State, one.Reason, one.IsAlive) == (other.State, other.Reason, other.IsAlive);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void L4_a_pid_alone_is_no_process()
    {
        var process = new ProcessIdentity("box", "boot-1", 4026531836, 4711, 159413);

        Assert.NotEqual(process, process with { StartTicks = 159414 });
        Assert.NotEqual(process, process with { BootId = "boot-2" });
        Assert.NotEqual(process, process with { PidNamespace = 4026532000 });
        Assert.NotEqual(process, process with { Host = "other" });
        Assert.Equal(SessionState.Unknown, VerdictRules.Decide(Seen(Holder.OtherNamespace, Signal.Busy, Then)).State);
    }

    [Fact]
    public void L5_what_could_not_be_read_is_never_stopped()
    {
        foreach (var signal in Enum.GetValues<Signal>())
        {
            Assert.Equal(SessionState.Unknown, VerdictRules.Decide(Seen(Holder.Unreadable, signal, Then)).State);
        }
    }

    [Fact]
    public void L6_unknown_is_neither_active_nor_ended()
    {
        Assert.False(SessionState.Unknown.IsActive());
        Assert.False(SessionState.Unknown.IsTerminal());
    }

    [Fact]
    public void L7_no_state_is_ever_read_from_what_agentctl_itself_wrote()
    {
        // A lease (Agentctl.Platform) is the kernel's; the records beside it have no member that could hold a session.
        var inputs = typeof(VerdictRules).GetMethod(nameof(VerdictRules.Decide))!.GetParameters();
        Assert.Equal([typeof(Facts)], inputs.Select(static input => input.ParameterType));
        Assert.DoesNotContain(typeof(Facts).GetProperties(BindingFlags.Public | BindingFlags.Instance), static property => property.PropertyType == typeof(LaunchDescription));
    }
}
