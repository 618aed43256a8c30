using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Commands that an agent runs through its client: each under a shim of its own, so that its whole tree ends with it, whoever is
/// killed. A terminal is named after the request that made it, so that it is found again by whoever takes the conversation over.
/// </summary>
/// <param name="folder">Where they keep their files: inside the launch of the agent.</param>
/// <param name="directories">Real paths; a terminal works inside one of them.</param>
/// <param name="log">Receives what goes wrong while nobody asks.</param>
internal sealed class ClientTerminals(
    string folder, string launchId, string? shimPath, IReadOnlyList<string> directories, IReadOnlyDictionary<string, string> environment, TimeProvider time, Action<string> log) : IAsyncDisposable
{
    /// <summary>The most commands of one session that run at the same time.</summary>
    public const int MostRunning = 64;

    private const int UsualLimitBytes = 64 << 10;
    private const int MostLimitBytes = 16 << 20;

    /// <summary>How long a command may take to obey, and how long it lives when nobody is left.</summary>
    private static readonly TimeSpan KillAfter = TimeSpan.FromMilliseconds(1500);
    private const int OrphanAfterSeconds = 30;

    /// <summary>How long a shim may take to start, and to end after its command was killed. A command can stop its shim.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ShimConnection> attached = new(StringComparer.Ordinal);
    private readonly HashSet<string> starting = new(StringComparer.Ordinal);
    private bool hasCreated;

    /// <param name="position">Of the request: the terminal's name.</param>
    public async Task<CreateTerminalResponse> Create(CreateTerminalRequest request, long position, CancellationToken cancellationToken)
    {
        var cwd = Confined(request.Cwd ?? directories[0]);
        var id = string.Create(CultureInfo.InvariantCulture, $"t{position}");
        var path = Path.Combine(folder, id);
        BeginStarting(id);
        try
        {
            PrivateDirectory.Ensure(folder);
            PrivateDirectory.Ensure(path);
            using (var lease = Lease.TryTake(Path.Combine(path, LaunchFiles.Lease)))
            {
                if (lease is not null && !HookLaunch.HasBegun(path))
                {
                    DurableFile.Replace(Path.Combine(path, LaunchFiles.Launch), Orders(CookieOf(id), request, cwd), UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    DurableFile.Replace(Path.Combine(path, "limit"), Encoding.ASCII.GetBytes((request.OutputByteLimit ?? UsualLimitBytes).ToString(CultureInfo.InvariantCulture)), UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    using var start = new ShimStart(DetachedProcess.Start(
                        shimPath ?? throw Problem("agentctl-shim is not there"), [path], EnvironmentOf(request), "/", DetachedOptions.ForShim(lease)));
                    await start.Hear(StartPatience, cancellationToken).ConfigureAwait(false);
                    if (start.Said.StartsWith("failed ", StringComparison.Ordinal))
                    {
                        throw Problem(start.Said["failed ".Length..].Trim());
                    }
                }
            }

            if (await Shim(id, cancellationToken).ConfigureAwait(false) is { } shim)
            {
                if (attached.TryAdd(id, shim))
                {
                    await shim.Attach(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    shim.Dispose();
                }
            }

            return new CreateTerminalResponse(id);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Problem(failure.Message);
        }
        finally
        {
            lock (starting)
            {
                starting.Remove(id);
            }
        }
    }

    /// <exception cref="AcpErrorException">Too many commands run already.</exception>
    private void BeginStarting(string id)
    {
        lock (starting)
        {
            var running = Ids().Where(one => one != id && Lease.IsHeld(Path.Combine(folder, one, LaunchFiles.Lease))).Union(starting).Count();
            if (running >= MostRunning)
            {
                throw Problem($"{running} terminals of this session run already, and at most {MostRunning} may. Kill one, or wait until one has ended.");
            }

            hasCreated = true;
            starting.Add(id);
        }
    }

    public TerminalOutputResponse Output(string id)
    {
        var path = Known(id);
        var limit = (int)Math.Min(MostLimitBytes, ulong.TryParse(NativeFile.ReadSmall(Path.Combine(path, "limit"), 64), CultureInfo.InvariantCulture, out var said) ? said : UsualLimitBytes);
        using var handle = NativeFile.OpenRegular(Path.Combine(path, LaunchFiles.Output));
        if (handle is null)
        {
            return new TerminalOutputResponse("", false, ExitOf(path));
        }

        var length = RandomAccess.GetLength(handle);
        var bytes = new byte[(int)Math.Min(length, limit)];
        var read = RandomAccess.Read(handle, bytes, length - bytes.Length);
        var text = bytes.AsSpan(0, read);
        var isCut = length > limit;

        // Not in the middle of a character.
        while (isCut && text.Length > 0 && (text[0] & 0xC0) == 0x80)
        {
            text = text[1..];
        }

        return new TerminalOutputResponse(Encoding.UTF8.GetString(text), isCut, ExitOf(path));
    }

    public async Task<TerminalExit> WaitForExit(string id, CancellationToken cancellationToken)
    {
        var path = Known(id);
        using (var shim = await Shim(id, cancellationToken).ConfigureAwait(false))
        {
            if (shim is not null && ExitOf(path) is null)
            {
                await shim.Ended(cancellationToken).ConfigureAwait(false);
            }
        }

        return ExitOf(path) ?? new TerminalExit(null, "SIGKILL");
    }

    public async Task Kill(string id, CancellationToken cancellationToken)
    {
        var path = Known(id);
        using (var shim = await Shim(id, cancellationToken).ConfigureAwait(false))
        {
            if (shim is not null && await shim.Stop(KillAfter, StopRecord.User, cancellationToken).ConfigureAwait(false)
                && await HasEnded(shim, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        if (ExitOf(path) is null || Lease.IsHeld(Path.Combine(path, LaunchFiles.Lease)))
        {
            // The command has stopped or killed its shim, or the shim does not do what it was asked.
            await ShimTree.End(path, CookieOf(id), KillAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> HasEnded(ShimConnection shim, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(KillAfter + EndPatience);
        try
        {
            await shim.Ended(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Ends it and forgets it.</summary>
    public async Task Release(string id, CancellationToken cancellationToken)
    {
        await Kill(id, cancellationToken).ConfigureAwait(false);
        if (attached.TryRemove(id, out var shim))
        {
            shim.Dispose();
        }

        try
        {
            OwnDirectory.Delete(folder, id);
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            // Released twice, by the agent and by the end of its session; or its shim writes a last file. It goes with the launch.
            _ = busy;
        }
    }

    /// <summary>Everything that is left ends with the session's agent.</summary>
    public async Task EndAll(CancellationToken cancellationToken)
    {
        if (!hasCreated && !Path.Exists(folder))
        {
            return;
        }

        await Task.WhenAll(Ids().Select(id => ReleaseAtEnd(id, cancellationToken))).ConfigureAwait(false);

        // The agent can write to these folders: what it has removed or forged there hides no process.
        await ShimTree.EndCarriers(one => one.StartsWith(CookieOf("t"), StringComparison.Ordinal), KillAfter, time, cancellationToken).ConfigureAwait(false);
        hasCreated = false;
    }

    /// <summary>One terminal that cannot be ended costs neither the others nor the session.</summary>
    private async Task ReleaseAtEnd(string id, CancellationToken cancellationToken)
    {
        try
        {
            await Release(id, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            log($"the terminal {CookieOf(id)} is not released: {failure.Message}");
        }
    }

    /// <summary>Lets go of them: whoever takes the conversation over finds them.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var shim in attached.Values)
        {
            shim.Dispose();
        }

        return default;
    }

    private Task<ShimConnection?> Shim(string id, CancellationToken cancellationToken) => ShimConnection.TryOpenIn(Path.Combine(folder, id), cancellationToken);

    /// <summary>The terminals whose folders are there. The agent can put other names among them.</summary>
    private IReadOnlyList<string> Ids()
    {
        try
        {
            return [.. OwnDirectory.Names(folder).Where(IsId)];
        }
        catch (Exception replaced) when (replaced is IOException or UnauthorizedAccessException)
        {
            log($"the terminals of {launchId} cannot be listed: {replaced.Message}");
            return [];
        }
    }

    private static bool IsId(string name) => name.Length > 1 && name[0] == 't' && !name.AsSpan(1).ContainsAnyExceptInRange('0', '9');

    private string CookieOf(string id) => $"{launchId}.{id}";

    private string Known(string id) =>
        IsId(id) && Path.Combine(folder, id) is var path && Directory.Exists(path)
            ? path
            : throw new AcpErrorException(new AcpError(AcpError.NotFound, $"there is no terminal {id}"));

    private string Confined(string cwd) =>
        RealPath.TryResolve(cwd) is { } real && directories.Any(directory => real == directory || real.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal))
            ? real
            : throw Problem($"{cwd} lies outside the session's directories ({string.Join(", ", directories)})");

    private Dictionary<string, string> EnvironmentOf(CreateTerminalRequest request)
    {
        var variables = new Dictionary<string, string>(environment);
        foreach (var variable in request.Env ?? [])
        {
            variables[variable.Name] = variable.Value;
        }

        foreach (var own in ShimProtocol.ShimsOwn.Append(ShimProtocol.Cookie))
        {
            variables.Remove(own);
        }

        return variables;
    }

    /// <summary>Null also when its record cannot be read.</summary>
    private static TerminalExit? ExitOf(string path)
    {
        try
        {
            return NativeFile.ReadSmall(Path.Combine(path, LaunchFiles.Exit), 1 << 20) is { } json && JsonSerializer.Deserialize(json, LaunchJson.Default.ExitRecord) is { } exit
                ? new TerminalExit(exit.ExitCode is >= 0 and var code ? (ulong)code : null, exit.Signal is { } signal ? SignalName(signal) : null)
                : null;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string SignalName(int number) => number switch
    {
        1 => "SIGHUP", 2 => "SIGINT", 3 => "SIGQUIT", 6 => "SIGABRT", 9 => "SIGKILL", 11 => "SIGSEGV", 13 => "SIGPIPE", 15 => "SIGTERM", _ => $"SIG{number}",
    };

    /// <summary>Standard output and error in one, as on a terminal. A command without arguments may be a whole command line.</summary>
    private ReadOnlySpan<byte> Orders(string id, CreateTerminalRequest request, string cwd)
    {
        var isLine = request.Args is not { Count: > 0 } && new AgentEnvironment("/", environment).FindProgram(request.Command) is null;
        string[] arguments = isLine ? ["-c", $"exec 2>&1\n{request.Command}"] : ["-c", "exec \"$0\" \"$@\" 2>&1", request.Command, .. request.Args ?? []];
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("program"u8, "/bin/sh");
            json.WriteStartArray("arguments"u8);
            foreach (var argument in arguments)
            {
                json.WriteStringValue(argument);
            }

            json.WriteEndArray();
            json.WriteString("cwd"u8, cwd);
            json.WriteNumber("orphanAfterSeconds"u8, OrphanAfterSeconds);
            json.WriteNumber("outputCapBytes"u8, 2 * MostLimitBytes);
            json.WriteEndObject();
        }

        return buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
    }

    private static AcpErrorException Problem(string message) => new(new AcpError(AcpError.InternalError, message));
}
