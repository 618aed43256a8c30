using System.Globalization;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What the agent tells and asks.</summary>
internal sealed partial class Conversation
{
    void IAcpHandler.Line(AcpLine line)
    {
        if (turn is { } current)
        {
            current.HasSeenAnything = true;
        }
    }

    void IAcpHandler.Notification(AcpIncoming notification)
    {
        if (notification.Method != AcpMethods.Update)
        {
            return;
        }

        if (turn is { } acting)
        {
            acting.HasActed = true;
        }
        else if (agent is { } late)
        {
            late.HasBeenLate |= hasCarried;
        }

        if (notification.Bytes.Length > LongPieceBytes)
        {
            // Only its length matters here, so no text is made of it; the few bytes around the text do not.
            if (turn is { } reading && notification.Bytes.Span[..512].IndexOf("agent_message_chunk"u8) >= 0)
            {
                reading.AnswerLength += notification.Bytes.Length;
            }

            return;
        }

        if (TextChunk.TryRead(notification.Bytes.Span, out var said))
        {
            if (turn is { } current && said.Kind == SessionUpdate.Chunk.Agent && said.SessionId == record.SessionId)
            {
                current.AnswerLength += said.Text.Length;
            }

            return;
        }

        // Of the thousands that a turn may bring only this kind says anything else to us; the others are for who reads the output.
        if (notification.Bytes.Span.IndexOf("session_info_update"u8) >= 0
            && notification.As<SessionNotification>() is { Update: SessionUpdate.InfoChanged { Title.IsPresent: true } info } told && told.SessionId == record.SessionId)
        {
            Rename(info.Title.Value);
        }
    }

    private const int LongPieceBytes = 1 << 20;

    /// <summary>A title is a label: a disk that does not take it is no reason to stop listening.</summary>
    private void Rename(string? title)
    {
        try
        {
            Change(before => before.Title == title ? before : before with { Title = title });
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            shared.Told($"the title of the ACP session {Id} is not kept: {refused.Message}");
        }
    }

    async ValueTask<AcpReply> IAcpHandler.Request(AcpIncoming request, CancellationToken cancellationToken)
    {
        if (agent?.IsAnswered(request.Position) == true)
        {
            // A driver before us has.
            return new AcpReply.None();
        }

        if (turn is { } acting)
        {
            acting.HasActed = true;
        }

        switch (request.Method)
        {
            case AcpMethods.RequestPermission:
                return AcpReply.Of(await Permit(request.As<RequestPermissionRequest>(), request.Position, cancellationToken).ConfigureAwait(false));
            case AcpMethods.ReadTextFile when !record.NoFs:
                return AcpReply.Of(await Read(request.As<ReadTextFileRequest>(), request.Position, cancellationToken).ConfigureAwait(false));
            case AcpMethods.WriteTextFile when !record.NoFs:
                var write = request.As<WriteTextFileRequest>();
                await Allow(ToolKinds.Edit, $"write {write.Path}", write.Path, request.Position, cancellationToken).ConfigureAwait(false);
                new ClientFiles(directories).Write(write);
                return AcpReply.Done;
            case AcpMethods.CreateTerminal when !record.NoTerminal:
                var create = request.As<CreateTerminalRequest>();
                await Allow(ToolKinds.Execute, $"{create.Command} {string.Join(' ', create.Args ?? [])}".Trim(), null, request.Position, cancellationToken).ConfigureAwait(false);
                return AcpReply.Of(await terminals!.Create(create, request.Position, cancellationToken).ConfigureAwait(false));
            case AcpMethods.TerminalOutput when !record.NoTerminal:
                return AcpReply.Of(terminals!.Output(request.As<TerminalReference>().TerminalId));
            case AcpMethods.WaitForTerminalExit when !record.NoTerminal:
                return AcpReply.Of(await terminals!.WaitForExit(request.As<TerminalReference>().TerminalId, cancellationToken).ConfigureAwait(false));
            case AcpMethods.KillTerminal when !record.NoTerminal:
                await terminals!.Kill(request.As<TerminalReference>().TerminalId, cancellationToken).ConfigureAwait(false);
                return AcpReply.Done;
            case AcpMethods.ReleaseTerminal when !record.NoTerminal:
                await terminals!.Release(request.As<TerminalReference>().TerminalId, cancellationToken).ConfigureAwait(false);
                return AcpReply.Done;
            case AcpMethods.CreateElicitation:
                // Nobody can be shown a form here; it is not offered either.
                return AcpReply.Of(ElicitationResponse.Cancel);
            default:
                throw new AcpErrorException(AcpHandlers.NotFound(request.Method));
        }
    }

    private async ValueTask<PermissionResponse> Permit(RequestPermissionRequest request, long position, CancellationToken cancellationToken)
    {
        if (agentKind.QuestionPrefix is { } question && request.ToolCall.ToolCallId.StartsWith(question, StringComparison.Ordinal))
        {
            return PermissionResponse.Cancelled;
        }

        var decision = await Decide(request.ToolCall, position, cancellationToken).ConfigureAwait(false);
        return decision is not { } made ? PermissionResponse.Cancelled
            : new PermissionResponse(AcpPolicy.Choose(request.Options, made.Allow, made.Always, agentKind.RefusalIds));
    }

    /// <summary>Whether it may, and for good; null = <c>cancelled</c>.</summary>
    private async ValueTask<(bool Allow, bool Always)?> Decide(ToolCallUpdate tool, long position, CancellationToken cancellationToken)
    {
        var current = turn;
        var policy = (current?.Policy ?? record.Policy) with { Always = Record.Policy.Always };
        switch (policy.Decide(tool, directories))
        {
            case PolicyVerdict.Allow:
                current?.Count(allowed: true);
                return (true, false);
            case PolicyVerdict.Deny:
                current?.Count(allowed: false);
                return (false, false);
        }

        var answer = policy.WhenAsked switch
        {
            AcpPolicy.Ask => await Park(tool, policy, position, cancellationToken).ConfigureAwait(false),
            AcpPolicy.Fail => null,
            _ => (Allow: false, Always: false),
        };
        current?.Count(allowed: answer is { Allow: true });
        return answer;
    }

    /// <summary>More questions than a person can answer are refused.</summary>
    private const int MostApprovals = 1000;

    /// <summary>Until a person answers, the time is over, or the turn is cancelled. Found again by its place in the output.</summary>
    private async Task<(bool Allow, bool Always)?> Park(ToolCallUpdate tool, AcpPolicy policy, long position, CancellationToken cancellationToken)
    {
        var now = shared.Time.GetUtcNow();
        var id = Fingerprint.Of(string.Create(CultureInfo.InvariantCulture, $"{agent?.LaunchId ?? record.LaunchId}:{position}"))[..8];
        var row = new ApprovalRow(
            id, Name, record.Agent, record.Cwd, tool.Kind ?? ToolKinds.Other, tool.Title ?? tool.ToolCallId, AcpPolicy.PathsOf(tool), now,
            policy.AskSeconds is { } seconds ? now + TimeLimit.FromRecord(seconds) : null);
        var parked = new ParkedApproval(row, AcpPolicy.NameOf(tool));
        lock (gate)
        {
            if (turn is { IsCancelled: true })
            {
                return null;
            }

            if (approvals.Count >= MostApprovals)
            {
                return (false, false);
            }

            approvals[id] = parked;
            journal.Append(Entry(JournalKinds.Ask) with { Approval = row, Request = turn?.Prompt.Id, Offset = position }, durable: false);
            shared.Changed(Id);
        }

        try
        {
            return await parked.Answer.Task.WaitAsync(row.ExpiresAt is { } end ? end - now : Timeout.InfiniteTimeSpan, shared.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return (false, false);
        }
        finally
        {
            lock (gate)
            {
                approvals.Remove(id);
                heardAt = shared.Time.GetUtcNow();
                shared.Changed(Id);
            }
        }
    }

    /// <summary>Reads are refused only where everything is; what is read lies inside the session's directories anyway.</summary>
    private async ValueTask<ReadTextFileResponse> Read(ReadTextFileRequest request, long position, CancellationToken cancellationToken)
    {
        await Allow(ToolKinds.Read, $"read {request.Path}", request.Path, position, cancellationToken).ConfigureAwait(false);
        return new ClientFiles(directories).Read(request);
    }

    /// <exception cref="AcpErrorException">It may not.</exception>
    private async ValueTask Allow(string kind, string title, string? path, long position, CancellationToken cancellationToken)
    {
        var tool = new ToolCallUpdate { ToolCallId = title, Title = title, Kind = kind, Locations = path is null ? null : [new ToolCallLocation(path)] };
        if (await Decide(tool, position, cancellationToken).ConfigureAwait(false) is not { Allow: true })
        {
            throw new AcpErrorException(new AcpError(AcpError.InternalError, $"not permitted: {title}"));
        }
    }
}
