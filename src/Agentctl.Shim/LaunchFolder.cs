using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
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
    public LaunchRecord ReadOrders()
    {
        var json = NativeFile.ReadSmall(Path(LaunchFiles.Launch), OrdersLimitBytes) ?? throw new InvalidDataException($"{Path(LaunchFiles.Launch)} is missing");
        try
        {
            return JsonSerializer.Deserialize(json, LaunchJson.Default.LaunchRecord) is { Program: not null, Arguments: not null, Cwd: not null } orders
                ? orders
                : throw new InvalidDataException($"{Path(LaunchFiles.Launch)} does not say what to run");
        }
        catch (JsonException torn)
        {
            throw new InvalidDataException($"{Path(LaunchFiles.Launch)} is not whole: {torn.Message}", torn);
        }
    }

    /// <exception cref="IOException">It could not be written for good.</exception>
    public void WriteAgent(AgentRecord record) => Write(LaunchFiles.Agent, record, LaunchJson.Default.AgentRecord);

    public void TryWriteStop(StopRecord record) => TryWrite(LaunchFiles.Stop, record, LaunchJson.Default.StopRecord);

    /// <summary>The end; when it is durable the launch no longer counts as living, and nobody finds its socket.</summary>
    public bool TryWriteExit(ExitRecord record)
    {
        if (!TryWrite(LaunchFiles.Exit, record, LaunchJson.Default.ExitRecord))
        {
            return false;
        }

        TryDelete(Path(LaunchFiles.Socket));
        TryDelete(LiveMarker);
        return true;
    }

    public void TryWriteFailedStart(string problem) => TryWriteExit(new ExitRecord { How = ExitHows.FailedToStart, EndedAt = DateTimeOffset.UtcNow, Problem = problem });

    private string LiveMarker => System.IO.Path.Combine(path, "..", "..", "live", System.IO.Path.GetFileName(path));

    private bool TryWrite<T>(string name, T record, JsonTypeInfo<T> type)
    {
        try
        {
            Write(name, record, type);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Write<T>(string name, T record, JsonTypeInfo<T> type) => DurableFile.Replace(Path(name), JsonSerializer.SerializeToUtf8Bytes(record, type), Private);

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
