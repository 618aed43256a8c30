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
internal sealed class ClientTerminals(string folder, string launchId, string? shimPath, IReadOnlyList<string> directories, IReadOnlyDictionary<string, string> environment) : IAsyncDisposable
{
    private const int UsualLimitBytes = 64 << 10;
    private const int MostLimitBytes = 16 << 20;

    /// <summary>How long a command may take to obey, and how long it lives when nobody is left.</summary>
    private static readonly TimeSpan KillAfter = TimeSpan.FromMilliseconds(1500);
    private const int OrphanAfterSeconds = 30;

    private readonly ConcurrentDictionary<string, ShimConnection> attached = new(StringComparer.Ordinal);

    /// <param name="position">Of the request: the terminal's name.</param>
    public async Task<CreateTerminalResponse> Create(CreateTerminalRequest request, long position, CancellationToken cancellationToken)
    {
        var cwd = Confined(request.Cwd ?? directories[0]);
        var id = string.Create(CultureInfo.InvariantCulture, $"t{position}");
        var path = Path.Combine(folder, id);
        try
        {
            PrivateDirectory.Ensure(folder);
            PrivateDirectory.Ensure(path);
            using (var lease = Lease.TryTake(Path.Combine(path, LaunchFiles.Lease)))
            {
                if (lease is not null && !HookLaunch.HasBegun(path))
                {
                    DurableFile.Replace(Path.Combine(path, LaunchFiles.Launch), Orders($"{launchId}.{id}", request, cwd), UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    DurableFile.Replace(Path.Combine(path, "limit"), Encoding.ASCII.GetBytes((request.OutputByteLimit ?? UsualLimitBytes).ToString(CultureInfo.InvariantCulture)), UnixFileMode.UserRead | UnixFileMode.UserWrite);
                    using var start = DetachedProcess.Start(
                        shimPath ?? throw Problem("agentctl-shim is not there"), [path], EnvironmentOf(request), "/", DetachedOptions.ForShim(lease));
                    var said = await Hear(start, cancellationToken).ConfigureAwait(false);
                    if (said.StartsWith("failed ", StringComparison.Ordinal))
                    {
                        throw Problem(said["failed ".Length..].Trim());
                    }
                }
            }

            if (await Shim(id, cancellationToken).ConfigureAwait(false) is { } shim && attached.TryAdd(id, shim))
            {
                await shim.Attach(cancellationToken).ConfigureAwait(false);
            }

            return new CreateTerminalResponse(id);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Problem(failure.Message);
        }
    }

    public TerminalOutputResponse Output(string id)
    {
        var path = Known(id);
        var limit = (int)Math.Min(MostLimitBytes, ulong.TryParse(NativeFile.ReadSmall(Path.Combine(path, "limit"), 64), CultureInfo.InvariantCulture, out var said) ? said : UsualLimitBytes);
        var output = Path.Combine(path, LaunchFiles.Output);
        if (NativeFile.Stat(output) is null)
        {
            return new TerminalOutputResponse("", false, ExitOf(path));
        }

        using var handle = File.OpenHandle(output, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
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
        Known(id);
        using var shim = await Shim(id, cancellationToken).ConfigureAwait(false);
        if (shim is not null)
        {
            await shim.Stop(KillAfter, StopRecord.User, cancellationToken).ConfigureAwait(false);
            await shim.Ended(cancellationToken).ConfigureAwait(false);
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
            Directory.Delete(Path.Combine(folder, id), recursive: true);
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
        if (!Directory.Exists(folder))
        {
            return;
        }

        await Task.WhenAll(Directory.EnumerateDirectories(folder).Select(path => Release(Path.GetFileName(path), cancellationToken))).ConfigureAwait(false);
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

    private string Known(string id) =>
        id.Length > 1 && id[0] == 't' && !id.AsSpan(1).ContainsAnyExceptInRange('0', '9') && Path.Combine(folder, id) is var path && Directory.Exists(path)
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

        return variables;
    }

    private static TerminalExit? ExitOf(string path) =>
        NativeFile.ReadSmall(Path.Combine(path, LaunchFiles.Exit), 1 << 20) is { } json && JsonSerializer.Deserialize(json, LaunchJson.Default.ExitRecord) is { } exit
            ? new TerminalExit(exit.ExitCode is { } code ? (ulong)code : null, exit.Signal is { } signal ? SignalName(signal) : null)
            : null;

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

    private static async Task<string> Hear(DetachedProcess start, CancellationToken cancellationToken)
    {
        var said = new byte[4096];
        var length = await start.Channel.ReceiveAsync(said, System.Net.Sockets.SocketFlags.None, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(said, 0, length);
    }

    private static AcpErrorException Problem(string message) => new(new AcpError(AcpError.InternalError, message));
}
