using Agentctl.Core;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

/// <summary>Whatever a rollout looks like: the adapter answers, and a thread nobody holds is never alive.</summary>
public sealed class CodexTornFileTests
{
    private static readonly byte[][] Recordings =
        [.. new[] { CodexHome.WithTool, CodexHome.KilledThenResumed, CodexHome.AsksHuman, CodexHome.OldCore }.Select(id => File.ReadAllBytes(CodexHome.Recorded(id)))];

    [Fact]
    public void A_rollout_cut_anywhere_is_read_and_never_alive()
    {
        using var home = new CodexHome();
        Prop.ForAll(Gen.Choose(0, Recordings.Length - 1).SelectMany(which => Gen.Choose(0, Recordings[which].Length).Select(length => (which, length))).ToArbitrary(),
            cut => NeverAlive(home, Recordings[cut.which][..cut.length])).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_rollout_with_shuffled_and_torn_lines_is_read_and_never_alive()
    {
        using var home = new CodexHome();
        var torn = from which in Gen.Choose(0, Recordings.Length - 1)
                   from seed in Gen.Choose(0, int.MaxValue - 1)
                   select Shuffled(Recordings[which], seed);
        Prop.ForAll(torn.ToArbitrary(), content => NeverAlive(home, content)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_torn_last_line_changes_nothing()
    {
        using var home = new CodexHome();
        var whole = Recordings[0];
        Prop.ForAll(Gen.Choose(1, whole.Length - 1).ToArbitrary(), length =>
        {
            var (cut, lines) = (Row(home, whole[..length]), Row(home, whole[..(Array.LastIndexOf(whole, (byte)'\n', length - 1) + 1)]));
            return cut?.Facts.Signal == lines?.Facts.Signal && cut?.Facts.SignalEvidence?.Fact == lines?.Facts.SignalEvidence?.Fact && cut?.Prompt == lines?.Prompt && cut?.Tokens == lines?.Tokens;
        }).QuickCheckThrowOnFailure();
    }

    private static bool NeverAlive(CodexHome home, byte[] content)
    {
        var row = Row(home, content);
        _ = home.Transcript(CodexHome.WithTool, new(Last: 3)).GetAwaiter().GetResult();
        _ = home.Adapter.CountTokens(CodexHome.WithTool, CodexHome.Deadline()).GetAwaiter().GetResult();
        return row is null || Session.From(row) is { Verdict.IsAlive: false, State: SessionState.Stopped or SessionState.Error };
    }

    private static Sighting? Row(CodexHome home, byte[] content)
    {
        var folder = Directory.CreateDirectory(Path.Combine(home.Codex, "sessions/2026/11/21")).FullName;
        File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(CodexHome.Recorded(CodexHome.WithTool))), content);
        return home.Discover(Reach.All).GetAwaiter().GetResult().Sightings.SingleOrDefault();
    }

    /// <summary>Lines in any order, some cut short, some lost.</summary>
    private static byte[] Shuffled(byte[] recording, int seed)
    {
        var random = new System.Random(seed);
        var lines = System.Text.Encoding.UTF8.GetString(recording).Split('\n');
        random.Shuffle(lines);
        return System.Text.Encoding.UTF8.GetBytes(string.Join("\n", lines
            .Where(_ => random.Next(8) > 0)
            .Select(line => random.Next(4) == 0 ? line[..random.Next(line.Length + 1)] : line)));
    }
}
