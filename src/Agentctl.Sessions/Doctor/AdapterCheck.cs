using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>For doctor: where each adapter looks, what it found there and how long it took.</summary>
internal static class AdapterCheck
{
    public static async Task<IReadOnlyList<DoctorAdapter>> Of(SessionDiscovery discovery, CancellationToken cancellationToken)
    {
        var context = discovery.Context(Reach.All, since: null);
        return await Task.WhenAll(discovery.Probes.Select(async probe =>
        {
            var look = await probe.Look(context, cancellationToken).ConfigureAwait(false);
            Diagnosis diagnosis;
            try
            {
                diagnosis = await probe.Adapter.Diagnose(cancellationToken).WaitAsync(TimeSpan.FromSeconds(5), cancellationToken).ConfigureAwait(false);
                if (probe.Adapter.WhyNotTold() is { } why)
                {
                    diagnosis = diagnosis with { Problems = [.. diagnosis.Problems, why] };
                }
            }
            catch (Exception failure) when (failure is TimeoutException or CannotLookException)
            {
                diagnosis = new Diagnosis(probe.Adapter.Id, null, [], [$"its own check failed: {failure.Message}"]);
            }

            return new DoctorAdapter(
                probe.Adapter.Id,
                diagnosis.Program,
                [.. diagnosis.Places.Select(static place => new DoctorPlace(place.Path, place.What, place.Found))],
                look.Sightings.Count,
                Replies.Report(look.Outcome),
                diagnosis.Problems);
        })).ConfigureAwait(false);
    }
}
