using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// Starts a script of the user's under a shim of its own, in a directory named after its event, and at most once: who begins it
/// holds the directory's lease, and a shim writes down that it runs before the script's first instruction. So one that never began
/// may be begun by another, and one that was cut off is never repeated. Used by shims, therefore without the serializer.
/// </summary>
public static class HookLaunch
{
    /// <summary>How long a script may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);

    /// <summary>How much of what it prints is kept.</summary>
    private const long OutputBytes = 1 << 20;

    /// <param name="shim">The executable agentctl-shim.</param>
    /// <param name="launchFolder">Directory of the launch it belongs to.</param>
    /// <param name="launchId">Its id.</param>
    /// <param name="name"><see cref="LaunchFiles.OnCreate"/> or <see cref="LaunchFiles.OnComplete"/>.</param>
    /// <param name="script">For /bin/sh.</param>
    /// <param name="cwd">Where it runs; the root when that is gone.</param>
    /// <param name="environment">All it gets to see.</param>
    /// <returns>Its shim's pid, a child of ours; null when it has been begun before.</returns>
    /// <exception cref="IOException">It could not be begun. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static int? Begin(
        string shim, string launchFolder, string launchId, string name, string script, string cwd, IReadOnlyDictionary<string, string> environment)
    {
        var folder = Path.Combine(launchFolder, name);
        PrivateDirectory.Ensure(folder);
        using var lease = Lease.TryTake(Path.Combine(folder, LaunchFiles.Lease));
        if (lease is null || HasBegun(folder))
        {
            return null;
        }

        DurableFile.Replace(Path.Combine(folder, LaunchFiles.Launch), Orders($"{launchId}.{name}", script, Directory.Exists(cwd) ? cwd : "/"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return DetachedProcess.StartUnheard(shim, [folder], environment, "/", DetachedOptions.ForShim(lease));
    }

    /// <summary>Its script runs, or has run.</summary>
    public static bool HasBegun(string hookFolder) =>
        File.Exists(Path.Combine(hookFolder, LaunchFiles.Agent)) || File.Exists(Path.Combine(hookFolder, LaunchFiles.Exit));

    private static ReadOnlySpan<byte> Orders(string id, string script, string cwd)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("program"u8, "/bin/sh");
            json.WriteStartArray("arguments"u8);
            json.WriteStringValue("-c"u8);
            json.WriteStringValue(script);
            json.WriteEndArray();
            json.WriteString("cwd"u8, cwd);
            json.WriteNumber("timeoutSeconds"u8, Limit.TotalSeconds);
            json.WriteNumber("outputCapBytes"u8, OutputBytes);
            json.WriteEndObject();
        }

        return buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
    }
}
