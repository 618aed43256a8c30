using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// Watches the exits of a set of processes that its owner states again and again. A process that cannot be watched from here (another
/// host or pid namespace, no descriptor left) is skipped: its owner finds its exit with its next look. Not thread-safe.
/// </summary>
/// <param name="exited">Called on the thread pool, once for each process that ends.</param>
public sealed class WatchedExits(Action exited) : IDisposable
{
    private readonly Dictionary<ProcessIdentity, IDisposable> watched = [];
    private ExitWatch? watch;

    /// <summary>How many processes are watched now.</summary>
    public int Count => watched.Count;

    /// <summary>Watches exactly these processes from now on.</summary>
    /// <returns>True when one of them had ended already: <c>exited</c> is not called for it.</returns>
    public bool Follow(IReadOnlySet<ProcessIdentity> wanted)
    {
        foreach (var gone in watched.Keys.Where(known => !wanted.Contains(known)).ToList())
        {
            watched.Remove(gone, out var registration);
            registration!.Dispose();
        }

        var hasEnded = false;
        foreach (var process in wanted.Where(process => !watched.ContainsKey(process)))
        {
            try
            {
                watch ??= ExitWatch.Start();
                if (watch.TryWatch(process, exited) is { } registration)
                {
                    watched[process] = registration;
                }
                else
                {
                    hasEnded = true;
                }
            }
            catch (Exception unwatchable) when (unwatchable is CannotLookException or IOException or UnauthorizedAccessException)
            {
                // Its exit is found with the next look; the other processes are watched all the same.
            }
        }

        return hasEnded;
    }

    public void Dispose()
    {
        foreach (var registration in watched.Values)
        {
            registration.Dispose();
        }

        watched.Clear();
        watch?.Dispose();
    }
}
