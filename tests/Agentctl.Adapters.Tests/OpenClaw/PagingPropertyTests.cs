using Agentctl.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class PagingPropertyTests
{
    /// <summary>However many rows, however small the pages, whatever moves to the front meanwhile: every session once.</summary>
    [Fact]
    public void Every_session_is_listed_once_whatever_the_pages_and_moves()
    {
        var cases =
            from count in Gen.Choose(0, 60)
            from limit in Gen.Choose(1, 25)
            from moving in Gen.ArrayOf(Gen.Choose(0, 59))
            select (count, limit, moving);
        Prop.ForAll(cases.ToArbitrary(), sample => Holds(sample.count, sample.limit, sample.moving).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    private static async Task<bool> Holds(int count, int limit, int[] moving)
    {
        ScriptedGateway? gateway = null;
        var moves = new Queue<int>(moving.Where(index => index < count).Take(3));
        gateway = ScriptedGateway.Start(
            new GatewayScript
            {
                PageLimit = limit,
                BeforePage = page =>
                {
                    if (page > 1 && moves.TryDequeue(out var index))
                    {
                        gateway!.Set(ScriptedRows.Chat($"c{index}"));
                    }
                },
            },
            Enumerable.Range(0, count).Select(i => ScriptedRows.Chat($"c{i}")));
        await using var closing = gateway;
        await using var home = GatewayHome.For(gateway);
        var seen = (await home.Look()).Sightings.Select(sighting => sighting.Id).Order();
        return seen.SequenceEqual(Enumerable.Range(0, count).Select(i => $"agent:main:c{i}").Order());
    }
}
