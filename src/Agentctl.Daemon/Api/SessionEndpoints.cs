using System.ComponentModel;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>Everything below <c>/v1/sessions</c>. The bytes come from <see cref="ISessionApi"/> as they are.</summary>
internal sealed class SessionEndpoints(ISessionApi sessions, PartStream stream)
{
    private const string Problem = "application/problem+json";
    private const string ReferenceMeaning =
        "A full id, an alias, or a unique prefix of either, with or without `<adapter>/` before it; percent-encoded into one segment (`codex%2F01a1`).";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/sessions", List).WithName("listSessions")
            .WithSummary("Sessions, and how each adapter's look went").WithTags("sessions")
            .Produces<SessionsDocument>(200, "application/json", PartStream.LinesType, PartStream.EventsType)
            .Produces<ProblemDocument>(400, Problem);
        routes.MapGet("/v1/sessions/{reference}", Status).WithName("getSession")
            .WithSummary("One session, equal to its row of a list of all").WithTags("sessions")
            .Produces<SessionRow>(200)
            .Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/sessions/{reference}/explain", Explain).WithName("explainSession")
            .WithSummary("Everything that was seen of a session, and which piece decided its state").WithTags("sessions")
            .Produces<ExplainDocument>(200)
            .Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/sessions/{reference}/usage", Usage).WithName("getUsage")
            .WithSummary("Tokens counted over a session's whole record").WithTags("sessions")
            .Produces<UsageDocument>(200)
            .Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/sessions/{reference}/transcript", Transcript).WithName("getTranscript")
            .WithSummary("Entries of a conversation, oldest first, one document each").WithTags("sessions")
            .Produces<TranscriptLine>(200, PartStream.LinesType, PartStream.EventsType)
            .Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
    }

    private async Task List(
        HttpContext http,
        [Description("Also what ended within the last seven days.")] string? all,
        [Description("Only sessions of this adapter.")] string? adapter,
        [Description("Only sessions in this state.")] string? status,
        [Description("Only sessions of this group.")] string? group,
        [Description("Also what ended since this time (RFC 3339, with its offset).")] string? since,
        [Description("Also, for each row, the shortest prefix that resolves.")] string? shortIds,
        [Description("A document now, and again whenever it changes.")] string? follow)
    {
        var read = new QueryReading(http.Request.Query, "all", "adapter", "status", "group", "since", "shortIds", "follow");
        var query = new ListQuery(
            read.Flag("all", all),
            read.Text("adapter", adapter),
            read.State("status", status),
            read.Text("group", group),
            read.Time("since", since),
            read.Flag("shortIds", shortIds));
        var follows = read.Flag("follow", follow);
        if (read.Problem is { } problem)
        {
            await Problems.Write(http, problem);
        }
        else if (follows)
        {
            await stream.Send(http, follow: true, cancellationToken => sessions.FollowList(query, cancellationToken));
        }
        else
        {
            await Replies.Write(http, await sessions.List(query, http.RequestAborted));
        }
    }

    private Task Status(HttpContext http, [Description(ReferenceMeaning)] string reference) =>
        One(http, reference, sessions.Status);

    private Task Explain(HttpContext http, [Description(ReferenceMeaning)] string reference) =>
        One(http, reference, sessions.Explain);

    private Task Usage(HttpContext http, [Description(ReferenceMeaning)] string reference) =>
        One(http, reference, sessions.Usage);

    private async Task Transcript(
        HttpContext http,
        [Description(ReferenceMeaning)] string reference,
        [Description("At most that many of the newest entries.")] string? last,
        [Description("Only entries of this role: user, assistant, tool or system.")] string? role,
        [Description("Go on with new entries as they come.")] string? follow,
        [Description("With follow: `ended` ends the stream when the session has ended.")] string? until)
    {
        var read = new QueryReading(http.Request.Query, "last", "role", "follow", "until");
        var query = new TranscriptQuery(read.Count("last", last), read.Role("role", role), read.Flag("follow", follow), read.UntilEnded(until));
        await (read.Problem is { } problem
            ? Problems.Write(http, problem)
            : stream.Send(http, query.Follow, cancellationToken => sessions.Transcript(RequestTarget.Reference(http, reference), query, cancellationToken)));
    }

    private static Task One(HttpContext http, string reference, Func<string, CancellationToken, Task<ApiReply>> ask) =>
        QueryReading.AnswerWithoutParameters(http, token => ask(RequestTarget.Reference(http, reference), token));
}
