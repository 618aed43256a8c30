using System.Globalization;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Takes over what a person asked the Node tool for, once, when its home is served for the first time: manual locks and fuses. Its
/// registry of sessions is not believed, and its files stay as they are.
/// <code>
/// locks.json  [{"directory":"/home/dev/shop","type":"manual","lockedBy":"ann","reason":"by hand","lockedAt":"2026-11-21T06:40:11.102Z"}]
/// fuses.json  [{"directory":"/home/dev/shop","ttlMs":600000,"expiresAt":"2026-11-21T06:50:11.102Z","sessionId":"s-1","onExpire":{"script":"make clean"},"label":"mine"}]
/// </code>
/// </summary>
public sealed class LegacyImport(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, DirectoryFuses fuses, TimeProvider time)
{
    private const int LimitBytes = 16 << 20;

    private readonly LaunchPlaces places = store.Places;

    /// <summary>Says that it was done; what a person gave back since must not come again.</summary>
    private string MarkPath => Path.Combine(places.Home, "imported");

    /// <summary>Guards of the Node tool's own launches: here a launch holds its directory itself.</summary>
    private const string OwnGuard = "lifecycle:";

    /// <summary>A fuse that was due longer ago is nobody's wish any more.</summary>
    private static readonly TimeSpan StillWanted = TimeSpan.FromHours(24);

    private string LockFile => Path.Combine(places.Home, "locks.json");

    private string FuseFile => Path.Combine(places.Home, "fuses.json");

    /// <summary>There is something to take over, and it has not been done.</summary>
    public bool IsDue => !File.Exists(MarkPath) && (File.Exists(LockFile) || File.Exists(FuseFile));

    /// <summary>The caller holds the admission lock.</summary>
    /// <returns>What was done, one line each; nothing when there is nothing, or it was done before.</returns>
    public async Task<IReadOnlyList<string>> Run(CancellationToken cancellationToken)
    {
        if (!IsDue)
        {
            return [];
        }

        var told = new List<string>();
        var done = new List<string>();
        var isComplete = true;
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        foreach (var (file, import) in ((string, Action<JsonElement, List<string>>)[])[(LockFile, ImportLock), (FuseFile, ImportFuse)])
        {
            if (File.Exists(PartMarkOf(file)))
            {
                continue;
            }

            if (Entries(file, told) is not { } entries)
            {
                isComplete = false;
                continue;
            }

            foreach (var entry in entries)
            {
                Import(import, entry, file, told);
            }

            done.Add(file);
        }

        // The next daemon reads only what this one could not.
        foreach (var mark in isComplete ? [MarkPath] : done.Select(PartMarkOf))
        {
            DurableFile.Replace(mark, System.Text.Encoding.UTF8.GetBytes(string.Join('\n', told) + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return told;
    }

    /// <summary>Says that this file was taken over while the other one could not be read.</summary>
    private string PartMarkOf(string file) => $"{MarkPath}.{Path.GetFileName(file)}";

    /// <summary>Null when the file could not be read: nothing is known of what it holds.</summary>
    private static List<JsonElement>? Entries(string path, List<string> told)
    {
        try
        {
            if (NativeFile.ReadSmall(path, LimitBytes) is not { Length: > 0 } json)
            {
                return [];
            }

            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Array)
            {
                return [.. document.RootElement.EnumerateArray().Where(static entry => entry.ValueKind == JsonValueKind.Object).Select(static entry => entry.Clone())];
            }

            told.Add($"{path} is no list, and nothing was taken from it");
        }
        catch (JsonException torn)
        {
            told.Add($"{path} is damaged, and nothing was taken from it: {torn.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            told.Add($"{path} could not be read; the next start of the daemon tries again: {unreadable.Message}");
            return null;
        }

        return [];
    }

    /// <summary>An entry that cannot be taken over costs that entry.</summary>
    private static void Import(Action<JsonElement, List<string>> import, JsonElement entry, string file, List<string> told)
    {
        try
        {
            import(entry, told);
        }
        catch (Exception damaged) when (damaged is IOException or UnauthorizedAccessException or InvalidDataException or InvalidOperationException or ArgumentException)
        {
            told.Add($"an entry of {file} was left: {damaged.Message}");
        }
    }

    private void ImportLock(JsonElement entry, List<string> told)
    {
        if (Text(entry, "type") != "manual" || Text(entry, "directory") is not { } directory)
        {
            return;
        }

        if (RealPath.TryResolve(directory) is not { } real)
        {
            told.Add($"the lock on {directory} was left: there is no such directory");
            return;
        }

        var record = new DirectoryLockRecord(real, Text(entry, "lockedBy") ?? "the Node agentctl", At(entry, "lockedAt") ?? time.GetUtcNow(), BootId: "", Text(entry, "reason"));
        told.Add(locks.TryTake(record) is null ? $"took over the lock on {real} of {record.By}" : $"the lock on {real} was left: it is locked already");
    }

    private void ImportFuse(JsonElement entry, List<string> told)
    {
        if (Text(entry, "directory") is not { } directory || Text(entry, "label")?.StartsWith(OwnGuard, StringComparison.Ordinal) == true)
        {
            return;
        }

        if (At(entry, "expiresAt") is not { } expiresAt || expiresAt < time.GetUtcNow() - StillWanted)
        {
            told.Add($"the fuse on {directory} was left: its time was over long ago");
            return;
        }

        var action = entry.TryGetProperty("onExpire", out var wanted) && wanted.ValueKind == JsonValueKind.Object
            ? new FuseAction(Text(wanted, "script"), Text(wanted, "webhook"), Text(wanted, "event"))
            : null;
        var left = expiresAt - time.GetUtcNow();
        var ttl = entry.TryGetProperty("ttlMs", out var ms) && ms.ValueKind == JsonValueKind.Number && ms.TryGetDouble(out var number)
            && number >= 1 && Lifetime.TryFromSeconds(number / 1000) is not null
            ? (long)number
            : Math.Max(1, (long)left.TotalMilliseconds);
        fuses.Set(new FuseRow(RealPath.TryResolve(directory) ?? directory, ttl, expiresAt, Text(entry, "sessionId") ?? "", action, Text(entry, "label")));
        told.Add($"took over the fuse on {directory}, until {expiresAt:u}");
        if (WebhookAddress.Wrong(action?.Webhook) is { } wrong)
        {
            told.Add($"the webhook of the fuse on {directory} will not be called: {wrong}");
        }
    }

    private static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? At(JsonElement entry, string name) =>
        Text(entry, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
