using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>The launch's directory, as its shim writes it.</summary>
internal sealed class LaunchFolder(string path)
{
    private const int OrdersLimitBytes = 256 << 20;

    /// <summary>An exit record that names a few leftovers, and its place in the directory.</summary>
    private const long ReserveBytes = 16 << 10;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Root => path;

    public string Path(string name) => System.IO.Path.Combine(path, name);

    /// <exception cref="InvalidDataException">There are none, or they cannot be read.</exception>
    public Orders ReadOrders()
    {
        var json = NativeFile.ReadSmall(Path(LaunchFiles.Launch), OrdersLimitBytes) ?? throw new InvalidDataException($"{Path(LaunchFiles.Launch)} is missing");
        try
        {
            return Orders.Parse(json) is { } orders ? orders : throw new InvalidDataException($"{Path(LaunchFiles.Launch)} does not say what to run");
        }
        catch (JsonException torn)
        {
            throw new InvalidDataException($"{Path(LaunchFiles.Launch)} is not whole: {torn.Message}", torn);
        }
    }

    /// <exception cref="IOException">It could not be written for good.</exception>
    public void WriteAgent(AgentRecord record) => Write(LaunchFiles.Agent, json => RecordWriting.Write(json, record));

    /// <summary>The request to end that another process recorded, when this one could not be reached; null when there is none that can be read.</summary>
    public StopRecord? ReadStop()
    {
        try
        {
            return NativeFile.ReadSmall(Path(LaunchFiles.Stop), OrdersLimitBytes) is { } json && TextOf(json, "by"u8) is { Length: > 0 } by
                && DateTimeOffset.TryParse(TextOf(json, "askedAt"u8), System.Globalization.CultureInfo.InvariantCulture, out var askedAt)
                ? new StopRecord(by, askedAt)
                : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps room for the exit record. Without it, only a full disk is different.</summary>
    public void ReserveRoom() => _ = RawFile.TryReserve(Path(LaunchFiles.Reserve), ReserveBytes);

    public void TryWriteStop(StopRecord record) => TryWrite(LaunchFiles.Stop, json => RecordWriting.Write(json, record));

    /// <summary>Somebody has removed it; false also where that cannot be seen.</summary>
    public bool IsGone
    {
        get
        {
            try
            {
                return NativeFile.Stat(Path(LaunchFiles.Launch)) is null;
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>The launch waits for its turn as long as this file is there.</summary>
    public bool IsQueued => File.Exists(Path(LaunchFiles.Queued));

    /// <summary>The session's id where somebody has read it from the agent's output.</summary>
    public string? ToldSessionId => NativeFile.ReadSmall(Path(LaunchFiles.Session), OrdersLimitBytes) is { } json
        && TextOf(json, "sessionId"u8) is { } id && SessionIds.MayBeReported(id) ? id : null;

    /// <summary>How the launch of one of our hooks ended; null when it has not, or its shim was killed.</summary>
    public (int? ExitCode, string? Problem)? EndOfHook(string name)
    {
        var json = NativeFile.ReadSmall(System.IO.Path.Combine(Path(name), LaunchFiles.Exit), OrdersLimitBytes);
        return json is null ? null : (NumberOf(json, "exitCode"u8), TextOf(json, "problem"u8));
    }

    /// <summary>The end; from then on the launch no longer counts as living, and nobody finds its socket.</summary>
    public bool TryWriteExit(ExitRecord record)
    {
        var isWritten = TryWrite(LaunchFiles.Exit, json => RecordWriting.Write(json, record));
        if (isWritten || File.Exists(Path(LaunchFiles.Reserve)))
        {
            TryDelete(Path(LaunchFiles.Reserve));
        }

        if (!isWritten && !TryWrite(LaunchFiles.Exit, json => RecordWriting.Write(json, record)))
        {
            return false;
        }

        TryDelete(Path(LaunchFiles.Socket));
        return true;
    }

    /// <summary>All that had to be begun after the end has been: who looks for what lives need not look here any more.</summary>
    public void Retire() => TryDelete(LiveMarker);

    public void TryWriteFailedStart(string problem)
    {
        if (TryWriteExit(new ExitRecord { How = ExitHows.FailedToStart, EndedAt = DateTimeOffset.UtcNow, Problem = problem }))
        {
            Retire();
        }
    }

    /// <summary>One value of an object's top level; null when it is not there.</summary>
    private static string? TextOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(json);
        return TryFind(ref reader, name) && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }

    private static int? NumberOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(json);
        return TryFind(ref reader, name) && reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : null;
    }

    private static bool TryFind(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIt = reader.ValueTextEquals(name);
                reader.Read();
                if (isIt)
                {
                    return true;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Torn: what it would have said is not known.
        }

        return false;
    }

    private string LiveMarker => System.IO.Path.GetFullPath(System.IO.Path.Combine(path, "..", "..", "live", System.IO.Path.GetFileName(path)));

    private bool TryWrite(string name, Action<Utf8JsonWriter> write)
    {
        try
        {
            Write(name, write);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Write(string name, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        DurableFile.Replace(Path(name), buffer.GetBuffer().AsSpan(0, (int)buffer.Length), Private);
    }

    /// <summary>What stays is taken away by whoever looks next: it means nothing beside the exit record.</summary>
    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            _ = refused;
        }
    }
}
