using System.ComponentModel;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>ACP sessions, their prompts, and the questions they ask. The answers are <see cref="IAcpApi"/>'s as they are.</summary>
internal sealed class AcpEndpoints(IAcpApi acp, PartStream stream)
{
    private const string Problem = "application/problem+json";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/acp/sessions", (Delegate)New).WithName("newAcpSession")
            .WithSummary("A new ACP session, or the open one of an agent, directory and name").WithTags("acp")
            .Accepts<AcpSessionOrder>("application/json").Produces<AcpSessionDocument>(200)
            .Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(409, Problem).Produces<ProblemDocument>(502, Problem).Produces<ProblemDocument>(504, Problem);
        routes.MapGet("/v1/acp/sessions", List).WithName("listAcpSessions")
            .WithSummary("Open ACP sessions, and with all=true those that are closed and kept").WithTags("acp").Produces<AcpSessionsDocument>(200);
        routes.MapGet("/v1/acp/sessions/{reference}", Show).WithName("acpSession")
            .WithSummary("One ACP session").WithTags("acp").Produces<AcpSessionDocument>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapGet("/v1/acp/sessions/{reference}/history", History).WithName("acpHistory")
            .WithSummary("What was said in an ACP session").WithTags("acp").Produces<AcpHistoryDocument>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapPost("/v1/acp/sessions/{reference}/close", Close).WithName("closeAcpSession")
            .WithSummary("Closes an ACP session and ends its agent; the history stays").WithTags("acp").Produces<AcpSessionDocument>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapPost("/v1/acp/sessions/{reference}/set", Set).WithName("setAcp")
            .WithSummary("Sets the mode, the model or an option of an ACP session").WithTags("acp")
            .Accepts<AcpSetOrder>("application/json").Produces<AcpSessionDocument>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem)
            .Produces<ProblemDocument>(409, Problem).Produces<ProblemDocument>(502, Problem).Produces<ProblemDocument>(504, Problem);
        routes.MapPost("/v1/acp/prune", (Delegate)Prune).WithName("pruneAcp")
            .WithSummary("Removes closed ACP sessions").WithTags("acp").Accepts<AcpPruneOrder>("application/json").Produces<PruneDocument>(200);
        routes.MapPost("/v1/acp/prompts", (Delegate)Prompt).WithName("prompt")
            .WithSummary("Gives a prompt to an ACP session: what comes of it, as it comes").WithTags("acp")
            .Accepts<PromptOrder>("application/json").Produces<AcpEvent>(200, PartStream.LinesType, PartStream.EventsType)
            .Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/acp/prompts/{requestId}", Result).WithName("promptResult")
            .WithSummary("How a prompt stands, or went").WithTags("acp").Produces<PromptResultDocument>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapGet("/v1/acp/sessions/{reference}/watch", Watch).WithName("watchAcp")
            .WithSummary("Everything of an ACP session, from its beginning or after a cursor, without a gap").WithTags("acp")
            .Produces<AcpEvent>(200, PartStream.LinesType, PartStream.EventsType).Produces<ProblemDocument>(404, Problem);
        routes.MapGet("/v1/approvals", (Delegate)Approvals).WithName("listApprovals")
            .WithSummary("Questions that wait for a person, here and elsewhere").WithTags("approvals").Produces<ApprovalsDocument>(200);
        routes.MapPost("/v1/approvals", (Delegate)Answer).WithName("answerApproval")
            .WithSummary("Allows or refuses one of them").WithTags("approvals")
            .Accepts<ApprovalOrder>("application/json").Produces<ApprovalRow>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem);
    }

    private static string Named(HttpContext http, string reference) => RequestTarget.Reference(http, reference, segment: 4);

    private Task New(HttpContext http) => OrderBody.With(http, RequestJson.Default.AcpSessionOrder, acp.NewAcpSession);

    private async Task List(HttpContext http, [Description("Closed ones too.")] string? all)
    {
        var read = new QueryReading(http.Request.Query, "all");
        var closedToo = read.Flag("all", all);
        await (read.Problem is { } problem ? Problems.Write(http, problem) : Replies.Write(http, await acp.AcpSessions(closedToo, http.RequestAborted)));
    }

    private Task Show(HttpContext http, string reference) => QueryReading.AnswerWithoutParameters(http, token => acp.AcpSession(Named(http, reference), token));

    private async Task History(HttpContext http, string reference, [Description("At most so many of the newest entries.")] string? last)
    {
        var read = new QueryReading(http.Request.Query, "last");
        var wanted = read.Count("last", last);
        await (read.Problem is { } problem
            ? Problems.Write(http, problem)
            : Replies.Write(http, await acp.AcpHistory(Named(http, reference), wanted, http.RequestAborted)));
    }

    private Task Close(HttpContext http, string reference) => QueryReading.AnswerWithoutParameters(http, token => acp.CloseAcpSession(Named(http, reference), token));

    private Task Set(HttpContext http, string reference) =>
        OrderBody.With(http, RequestJson.Default.AcpSetOrder, (order, token) => acp.SetAcp(Named(http, reference), order, token));

    private Task Prune(HttpContext http) => OrderBody.With(http, RequestJson.Default.AcpPruneOrder, acp.PruneAcp);

    private async Task Prompt(HttpContext http)
    {
        if (await OrderBody.Read(http, RequestJson.Default.PromptOrder) is { } order)
        {
            await stream.Send(http, follow: true, token => acp.Prompt(order, token));
        }
    }

    private async Task Result(HttpContext http, string requestId, [Description("Answer only when it is over.")] string? wait)
    {
        var read = new QueryReading(http.Request.Query, "wait");
        var waits = read.Flag("wait", wait);
        await (read.Problem is { } problem ? Problems.Write(http, problem) : Replies.Write(http, await acp.PromptResult(requestId, waits, http.RequestAborted)));
    }

    private async Task Watch(
        HttpContext http, string reference, [Description("A cursor: what came after it, without a gap.")] string? after, [Description("End with the result of this prompt.")] string? requestId)
    {
        var read = new QueryReading(http.Request.Query, "after", "requestId");
        var (from, until) = (read.Text("after", after), read.Text("requestId", requestId));
        await (read.Problem is { } problem
            ? Problems.Write(http, problem)
            : stream.Send(http, follow: true, token => acp.WatchAcp(Named(http, reference), from, until, token)));
    }

    private Task Approvals(HttpContext http) => QueryReading.AnswerWithoutParameters(http, acp.Approvals);

    private Task Answer(HttpContext http) => OrderBody.With(http, RequestJson.Default.ApprovalOrder, acp.AnswerApproval);
}
