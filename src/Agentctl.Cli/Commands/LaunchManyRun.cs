using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>Launches several agents, or one in a worktree, and tells of each what came of it.</summary>
internal sealed class LaunchManyRun(Surroundings around, bool isJson, bool waits)
{
    public async Task<int> Run(ManyOrder order, CancellationToken outer)
    {
        using var interrupt = new Interrupt(outer);
        var cancellationToken = interrupt.Token;
        var api = await around.OpenSessions(cancellationToken);
        if (order.Slots.Any(static slot => slot.Launch.Queue) && !QueueCommand.IsServed(api, around))
        {
            return ExitCode.Failed;
        }

        var reply = await around.Own().LaunchMany(order, line => around.Terminal.Note(PlainText.OneLine(line)), cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var many = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ManyDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }
        else
        {
            Tell(many);
        }

        var worst = many.Slots.Any(static slot => slot.Launched is null) ? ExitCode.Failed : ExitCode.Done;
        var started = many.Slots.Select(static slot => slot.Launched).OfType<LaunchedDocument>().ToList();
        return Math.Max(worst, waits
            ? await Wait(api, started, cancellationToken)
            : started.Select(static one => EndCode.Of(one.Status, one.Reason, whileAlive: ExitCode.Done)).DefaultIfEmpty(ExitCode.Done).Max());
    }

    private void Tell(ManyDocument many)
    {
        var started = many.Slots.Count(static slot => slot.Launched is not null);
        var page = new Page();
        if (many.Slots is [{ Launched: { } only }])
        {
            page.Append($"Launched session {only.ShortId ?? only.Id}{(only.Pid is { } pid ? $" (PID: {pid})" : "")}\n");
        }
        else
        {
            page.Append($"Launched {(started < many.Slots.Count ? $"{started} of " : "")}{many.Slots.Count} sessions{(many.Group is { } group ? $" (group: {group})" : "")}\n");
        }

        var shortIds = ShortIds([.. many.Slots.Select(static slot => slot.Launched).OfType<LaunchedDocument>()]);
        foreach (var slot in many.Slots)
        {
            var what = $"{slot.Adapter}{(slot.Model is { } model ? $" ({model})" : "")}";
            if (slot.Launched is { } launched)
            {
                page.Append($"  {what} → {around.Environment.Tilde(launched.Cwd)} ({shortIds[launched.Id]}){Ended(launched)}\n");
            }
            else
            {
                page.Append($"  {around.Look().Paint[Ink.Red, "✗"]} {what}, {slot.Label}: {slot.Problem}\n");
            }
        }

        around.Terminal.Write(page);
        foreach (var note in many.Slots.SelectMany(static slot => slot.Notes.Concat(slot.Launched?.Notes ?? [])).Distinct())
        {
            around.Terminal.Note(PlainText.OneLine(note));
        }

        if (many.Group is { } tag && started > 0 && !waits)
        {
            around.Terminal.Note($"See them: agentctl list --group {tag}; wait for them: agentctl wait --group {tag}; their trees: agentctl worktree list");
        }
    }

    /// <summary>Those that began at the same time did not know of each other when their ids were shortened.</summary>
    private static Dictionary<string, string> ShortIds(IReadOnlyList<LaunchedDocument> started)
    {
        var among = SessionRef.Shorten(started.Select(static one => one.Id), []);
        return started.DistinctBy(static one => one.Id).ToDictionary(
            static one => one.Id, one => one.ShortId is not { } known ? one.Id : known.Length > among[one.Id].Length ? known : among[one.Id]);
    }

    private static string Ended(LaunchedDocument launched) =>
        launched.Status == SessionState.Queued.Word() ? $", queued ({launched.Reason})"
        : launched.Pid is null ? $", has ended already: {launched.Status}{(launched.Reason is { } reason ? $" ({reason})" : "")}" : "";

    /// <summary>Each is told when it ends; the worst of them is the outcome.</summary>
    private async Task<int> Wait(IAgentctlApi api, IReadOnlyList<LaunchedDocument> started, CancellationToken cancellationToken)
    {
        try
        {
            var codes = await Task.WhenAll(started.Select(launched => WaitFor(api, launched, cancellationToken)));
            return codes.DefaultIfEmpty(ExitCode.Done).Max();
        }
        catch (OperationCanceledException)
        {
            around.Terminal.Note($"They go on without you. Wait again: agentctl wait {string.Join(' ', started.Select(static one => one.Id))}");
            return ExitCode.Interrupted;
        }
    }

    private async Task<int> WaitFor(IAgentctlApi api, LaunchedDocument launched, CancellationToken cancellationToken)
    {
        var reply = await api.Wait(new WaitOrder([$"{launched.Adapter}/{LaunchId.Provisional(launched.LaunchId)}"]), cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, launched.Id);
        }

        var row = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.WaitDocument)!.Sessions[0];
        around.Terminal.Note($"{Glyph.Shape(row)} {row.Status}{(row.Reason is { } reason ? $" ({reason})" : "")}  {row.Adapter}/{launched.ShortId ?? launched.Id}  {PlainText.OneLine(around.Environment.Tilde(row.Cwd ?? ""))}");
        return EndCode.Of(row.Status, row.Reason, whileAlive: ExitCode.Failed);
    }
}
