using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>The launch's directory, as its shim writes it.</summary>
internal sealed class LaunchFolder(string path)
{
    private const int OrdersLimitBytes = 256 << 20;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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

    public void TryWriteStop(StopRecord record) => TryWrite(LaunchFiles.Stop, json => RecordWriting.Write(json, record));

    /// <summary>The end; when it is durable the launch no longer counts as living, and nobody finds its socket.</summary>
    public bool TryWriteExit(ExitRecord record)
    {
        if (!TryWrite(LaunchFiles.Exit, json => RecordWriting.Write(json, record)))
        {
            return false;
        }

        TryDelete(Path(LaunchFiles.Socket));
        TryDelete(LiveMarker);
        return true;
    }

    public void TryWriteFailedStart(string problem) => TryWriteExit(new ExitRecord { How = ExitHows.FailedToStart, EndedAt = DateTimeOffset.UtcNow, Problem = problem });

    private string LiveMarker => System.IO.Path.Combine(path, "..", "..", "live", System.IO.Path.GetFileName(path));

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
