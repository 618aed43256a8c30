using System.ComponentModel;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>Launching, stopping, waiting, holding, and the feed of changes. The answers are <see cref="ILaunchApi"/>'s as they are.</summary>
internal sealed class LaunchEndpoints(ILaunchApi launches, PartStream stream)
{
    private const string Problem = "application/problem+json";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/launches", (Delegate)Launch).WithName("launch")
            .WithSummary("Launches an agent, or continues a session; the agent inherits the daemon's environment").WithTags("launches")
            .Accepts<LaunchOrder>("application/json").Produces<LaunchedDocument>(200)
            .Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(409, Problem).Produces<ProblemDocument>(502, Problem);
        routes.MapPost("/v1/stop", (Delegate)Stop).WithName("stop")
            .WithSummary("Stops sessions through their owners; one result for each").WithTags("launches")
            .Accepts<StopOrder>("application/json").Produces<StopDocument>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem);
        routes.MapPost("/v1/wait", (Delegate)Wait).WithName("wait")
            .WithSummary("Answers when sessions have come to rest or to an end").WithTags("launches")
            .Accepts<WaitOrder>("application/json").Produces<WaitDocument>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem);
        routes.MapPost("/v1/sessions/{reference}/send", Send).WithName("send")
            .WithSummary("Gives a living session another message").WithTags("launches")
            .Accepts<SendOrder>("application/json").Produces<ActionDocument>(200).Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem).Produces<ProblemDocument>(502, Problem);
        routes.MapPost("/v1/sessions/{reference}/cancel", Cancel).WithName("cancel")
            .WithSummary("Interrupts the turn in progress and nothing else").WithTags("launches")
            .Produces<ActionDocument>(200).Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/locks", (Delegate)Locks).WithName("listLocks")
            .WithSummary("Directories that are held, and by whom").WithTags("locks").Produces<LocksDocument>(200);
        routes.MapPost("/v1/locks", (Delegate)TakeLock).WithName("takeLock")
            .WithSummary("Holds a directory for a person until it is given back or its time is over").WithTags("locks")
            .Accepts<LockOrder>("application/json").Produces<LockRow>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapDelete("/v1/locks", ReleaseLock).WithName("releaseLock")
            .WithSummary("Gives a person's lock back").WithTags("locks").Produces<LockRow>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapGet("/v1/queue", (Delegate)Queue).WithName("listQueue")
            .WithSummary("The launches that wait for their turn, in order, and what for").WithTags("queue").Produces<QueueDocument>(200);
        routes.MapPost("/v1/queue", (Delegate)ChangeQueue).WithName("changeQueue")
            .WithSummary("Takes a launch out of the queue, gives it another place, or lets it try again").WithTags("queue")
            .Accepts<QueueOrder>("application/json").Produces<QueueDocument>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem).Produces<ProblemDocument>(409, Problem);
        routes.MapGet("/v1/sessions/{reference}/hooks", Hooks).WithName("hooks")
            .WithSummary("What became of the hooks of a session's newest launch").WithTags("launches")
            .Produces<HooksDocument>(200).Produces<ProblemDocument>(404, Problem);
        routes.MapGet("/v1/fuses", (Delegate)Fuses).WithName("listFuses")
            .WithSummary("Directories with a time limit, the next first").WithTags("fuses").Produces<FusesDocument>(200);
        routes.MapPost("/v1/fuses", (Delegate)ChangeFuse).WithName("changeFuse")
            .WithSummary("Sets, extends or cancels a directory's time limit").WithTags("fuses")
            .Accepts<FuseOrder>("application/json").Produces<FusesDocument>(200).Produces<ProblemDocument>(400, Problem).Produces<ProblemDocument>(404, Problem);
        routes.MapPost("/v1/prune", Prune).WithName("prune")
            .WithSummary("Takes away what is past its expiry").WithTags("daemon").Produces<PruneDocument>(200);
        routes.MapGet("/v1/events", Events).WithName("events")
            .WithSummary("What changes, one document each; a snapshot first, or what came after a cursor").WithTags("events")
            .Produces<EventDocument>(200, PartStream.LinesType, PartStream.EventsType);
    }

    private Task Launch(HttpContext http) => OrderBody.With(http, RequestJson.Default.LaunchOrder, launches.Launch);

    private Task Stop(HttpContext http) => OrderBody.With(http, RequestJson.Default.StopOrder, launches.Stop);

    private Task Wait(HttpContext http) => OrderBody.With(http, RequestJson.Default.WaitOrder, launches.Wait);

    private Task Send(HttpContext http, string reference) =>
        OrderBody.With(http, RequestJson.Default.SendOrder, (order, token) => launches.Send(RequestTarget.Reference(http, reference), order, token));

    private Task Cancel(HttpContext http, string reference) => QueryReading.AnswerWithoutParameters(http, token => launches.Cancel(RequestTarget.Reference(http, reference), token));

    private Task Locks(HttpContext http) => QueryReading.AnswerWithoutParameters(http, launches.Locks);

    private Task TakeLock(HttpContext http) => OrderBody.With(http, RequestJson.Default.LockOrder, launches.TakeLock);

    private async Task ReleaseLock(HttpContext http, [Description("The directory.")] string? directory)
    {
        var read = new QueryReading(http.Request.Query, "directory");
        var named = read.Text("directory", directory);
        await (read.Problem is { } problem ? Problems.Write(http, problem)
            : named is null ? Problems.Write(http, Problems.BadRequest("which directory? Say ?directory=…"))
            : Replies.Write(http, await launches.ReleaseLock(named, http.RequestAborted)));
    }

    private Task Queue(HttpContext http) => QueryReading.AnswerWithoutParameters(http, launches.Queue);

    private Task ChangeQueue(HttpContext http) => OrderBody.With(http, RequestJson.Default.QueueOrder, launches.ChangeQueue);

    private Task Hooks(HttpContext http, string reference) => QueryReading.AnswerWithoutParameters(http, token => launches.Hooks(RequestTarget.Reference(http, reference), token));

    private Task Fuses(HttpContext http) => QueryReading.AnswerWithoutParameters(http, launches.Fuses);

    private Task ChangeFuse(HttpContext http) => OrderBody.With(http, RequestJson.Default.FuseOrder, launches.ChangeFuse);

    private async Task Prune(HttpContext http, [Description("Only tell what would go.")] string? dryRun)
    {
        var read = new QueryReading(http.Request.Query, "dryRun");
        var only = read.Flag("dryRun", dryRun);
        await (read.Problem is { } problem ? Problems.Write(http, problem) : Replies.Write(http, await launches.Prune(only, http.RequestAborted)));
    }

    private async Task Events(HttpContext http, [Description("A cursor: events after it, without a gap; a lost one gives a snapshot.")] string? after)
    {
        var read = new QueryReading(http.Request.Query, "after");

        // A browser's EventSource says by this header where it was interrupted.
        var from = read.Text("after", after) ?? http.Request.Headers["Last-Event-ID"].FirstOrDefault();
        await (read.Problem is { } problem
            ? Problems.Write(http, problem)
            : stream.Send(http, follow: true, token => launches.Events(from, token), EventCursor.Of));
    }
}
