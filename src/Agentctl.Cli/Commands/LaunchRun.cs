using System.Text;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>
/// Launches in this process, whether there is a daemon or not, because the agent inherits its environment from who starts it; tells
/// what came of it, and with --wait stays until the session ends.
/// </summary>
internal sealed class LaunchRun(Surroundings around, bool isJson, bool waits)
{
    /// <summary>Lines shown of one entry while waiting.</summary>
    private const int LongestEntry = 40;

    /// <summary>Lines of its standard error shown of an agent that ended badly.</summary>
    private const int LastWords = 5;

    public async Task<int> Run(LaunchOrder order, CancellationToken outer)
    {
        using var interrupt = new Interrupt(outer);
        var cancellationToken = interrupt.Token;

        // The daemon looks after launches from now on; one that cannot be had does not keep an agent from running.
        var api = await around.OpenSessions(cancellationToken);
        if (order.Queue && !QueueCommand.IsServed(api, around))
        {
            return ExitCode.Failed;
        }

        var said = waits && !isJson && order.Resumes is { } resumed ? await SaidBefore.In(api, resumed, around, cancellationToken) : null;
        ApiReply reply;
        try
        {
            reply = await around.Own().Launch(order, cancellationToken);
        }
        catch (LaunchInterruptedException interrupted)
        {
            var session = LaunchId.Provisional(interrupted.LaunchId);
            around.Terminal.Note(interrupted.HasBegun
                ? $"Still running in the background. To see it: agentctl status {session}; to stop it: agentctl stop {session}"
                : $"Interrupted: the agent was not started. See: agentctl status {session}");
            return ExitCode.Interrupted;
        }

        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, order.Resumes);
        }

        var launched = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.LaunchedDocument)!;
        Tell(launched, reply);
        if (waits)
        {
            return await Wait(api, launched, said, cancellationToken);
        }

        // A place in the queue was asked for, and given; whether the agent has begun, or ended, by now is a matter of milliseconds.
        return order.Queue ? ExitCode.Done : EndCode.Of(launched.Status, launched.Reason, whileAlive: ExitCode.Done);
    }

    private void Tell(LaunchedDocument launched, ApiReply reply)
    {
        if (isJson)
        {
            if (!waits)
            {
                around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
            }

            return;
        }

        var pid = launched.Pid is { } living ? $" (PID: {living})" : "";
        around.Terminal.WriteLine($"{(launched.Status == SessionState.Queued.Word() ? "Queued" : "Launched")} session {Short(launched)}{pid}");
        around.Terminal.Note(launched.Host is { } host ? $"{launched.Adapter}, at its {host}" : $"{launched.Adapter} in {PlainText.OneLine(around.Environment.Tilde(launched.Cwd))}, permission mode: {launched.PermissionMode}");
        foreach (var note in launched.Notes)
        {
            around.Terminal.Note(PlainText.OneLine(note));
        }

        if (launched is { Pid: null, Host: null } && !waits && launched.Status != SessionState.Queued.Word())
        {
            around.Terminal.Note($"It has ended already: {launched.Status}{(launched.Reason is { } reason ? $" ({reason})" : "")}. See: agentctl explain {Short(launched)}");
            TellLastWords(launched.LaunchId, launched.Status);
        }
    }

    private async Task<int> Wait(IAgentctlApi api, LaunchedDocument launched, SaidBefore? said, CancellationToken cancellationToken)
    {
        var reference = $"{launched.Adapter}/{(launched.Host is null ? LaunchId.Provisional(launched.LaunchId) : launched.Id)}";
        try
        {
            if (!isJson)
            {
                await Show(api, reference, said, cancellationToken);
            }

            var reply = await api.Wait(new WaitOrder([reference]), cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body, launched.Id);
            }

            var row = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.WaitDocument)!.Sessions[0];
            if (isJson)
            {
                around.Terminal.Write(JsonIndent.Of(JsonSerializer.SerializeToUtf8Bytes(row, ApiJson.Readable.SessionRow)));
            }
            else
            {
                around.Terminal.Note($"{Glyph.Shape(row)} {row.Status}{(row.Reason is { } reason ? $" ({reason})" : "")}  {Short(launched)}  {PlainText.OneLine(row.Evidence.Fact)}");
                TellLastWords(launched.LaunchId, row.Status);
            }

            return EndCode.Of(row.Status, row.Reason, whileAlive: ExitCode.Failed);
        }
        catch (OperationCanceledException)
        {
            around.Terminal.Note($"It goes on without you. Wait again: agentctl wait {Short(launched)}; to end it: agentctl stop {Short(launched)}");
            return ExitCode.Interrupted;
        }
    }

    /// <summary>The conversation until it ends; of one that is resumed only what is new.</summary>
    private async Task Show(IAgentctlApi api, string reference, SaidBefore? said, CancellationToken cancellationToken)
    {
        var parts = await api.Transcript(reference, new TranscriptQuery(Follow: true, UntilEnded: true), cancellationToken);
        if (!parts.IsOk)
        {
            return;
        }

        var text = new TranscriptPage(around.Look(), LongestEntry);
        await foreach (var part in parts.Parts.WithCancellation(cancellationToken))
        {
            var entry = JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!;
            if (said?.Contains(entry) != true)
            {
                var page = new Page();
                text.Write(page, entry);
                around.Terminal.Write(page);
            }
        }
    }

    /// <summary>Of what ended badly, the end of what it wrote to its standard error: there it says why.</summary>
    private void TellLastWords(string launchId, string status)
    {
        if (status != SessionState.Error.Word())
        {
            return;
        }

        var errors = Path.Combine(new LaunchPlaces(around.Environment.AgentctlHome).Of(launchId), LaunchFiles.Errors);
        foreach (var line in JsonLines.Backward(errors).Take(LastWords).Reverse())
        {
            around.Terminal.Note($"  {PlainText.OneLine(Encoding.UTF8.GetString(line.Bytes.Span))}");
        }
    }

    /// <summary>What is printed resolves.</summary>
    private static string Short(LaunchedDocument launched) => launched.ShortId ?? launched.Id;
}
