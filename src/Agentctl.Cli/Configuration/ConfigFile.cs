using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Configuration;

/// <summary>AGENTCTL_HOME/config.json, read for commands and changed by <c>agentctl config</c>.</summary>
internal static class ConfigFile
{
    private const int LargestBytes = 4 << 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>The configuration, or a usage error that names file and line.</summary>
    public static AgentctlConfig Load(AgentEnvironment environment) => AgentctlConfig.Load(environment.AgentctlHome) switch
    {
        ConfigOutcome.Loaded loaded => loaded.Config,
        var invalid => throw new UsageException(invalid.ToString()!),
    };

    /// <summary>What can be read of it, for commands that inspect or repair the file.</summary>
    /// <param name="invalid">What cannot.</param>
    /// <exception cref="UsageException">It cannot be read at all; the message names file and line.</exception>
    public static AgentctlConfig LoadReadable(AgentEnvironment environment, out ConfigOutcome.Invalid? invalid)
    {
        var outcome = AgentctlConfig.Load(environment.AgentctlHome);
        invalid = outcome as ConfigOutcome.Invalid;
        return outcome is ConfigOutcome.Loaded loaded ? loaded.Config : invalid!.Readable ?? throw new UsageException(invalid.ToString());
    }

    /// <summary>Changes the file. Changes that other processes make at the same time come before or after it, none is lost.</summary>
    /// <param name="change">From the old content, empty where there is no file, to the new one.</param>
    /// <exception cref="UsageException">The old content is no JSON object, so it is left alone.</exception>
    /// <exception cref="IOException">It could not be read or written.</exception>
    public static async Task Change(AgentEnvironment environment, Func<byte[], byte[]> change, CancellationToken cancellationToken)
    {
        var home = environment.AgentctlHome;
        PrivateDirectory.Ensure(home);
        using var turn = await Turn(Path.Combine(home, "config.lock"), cancellationToken);
        _ = LoadReadable(environment, out _);
        var path = AgentctlConfig.PathIn(home);
        var before = NativeFile.ReadSmall(path, LargestBytes) ?? [];
        var after = change(before);
        if (!after.AsSpan().SequenceEqual(before))
        {
            DurableFile.Replace(path, after, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static async Task<Lease> Turn(string path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestWait);
        try
        {
            return await Lease.Take(path, limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"another process has held {path} for {LongestWait.TotalSeconds:0} s; nothing was changed", late);
        }
    }
}
