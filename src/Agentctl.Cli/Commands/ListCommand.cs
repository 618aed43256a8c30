using System.CommandLine;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl list</c>: what runs. With --json a bare array of rows (docs/specs/session-row.md).</summary>
internal sealed class ListCommand
{
    private readonly Surroundings around;
    private readonly Option<string?> adapter;
    private readonly Option<string?> status = new("--status") { Description = "Only sessions in this state.", HelpName = "state" };
    private readonly Option<string?> group = new("--group") { Description = "Only sessions of this group.", HelpName = "group" };
    private readonly Option<bool> all = new("--all", "-a") { Description = "Also what ended in the last 7 days." };
    private readonly Option<string?> since = new("--since") { Description = "With what ended since then: 30m, 12h, 3d, or a date. Implies --all.", HelpName = "when" };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Print ids only." };
    private readonly Option<bool> count = new("--count") { Description = "Print one line of counts, for a status bar." };
    private readonly Option<bool> watch = new("--watch", "-w") { Description = "Keep the table on the screen and update it; q or Ctrl-C ends it." };
    private readonly Option<SortKey> sort = new("--sort") { Description = "Order of the rows: state (who needs you first), age, started, id, adapter or cwd.", HelpName = "key" };

    private ListCommand(Surroundings around)
    {
        this.around = around;
        adapter = CommonOptions.Adapter(around);
    }

    public static Command Create(Surroundings around)
    {
        var list = new ListCommand(around);
        list.sort.OneOf("state", "age", "started", "id", "adapter", "cwd");
        list.status.CompletionSources.Add([.. Enum.GetValues<SessionState>().Select(state => state.Word())]);
        var command = new Command("list", "List active sessions and those whose state is unknown.")
        {
            list.adapter, list.status, list.group, list.all, list.since, list.json, list.quiet, list.count, list.watch, list.sort,
        };
        command.Aliases.Add("ls");
        command.SetAction(list.Execute);
        return command.WithExamples(
            ("agentctl list", "what runs now"),
            ("agentctl list -a --since 2d --json", "everything of the last two days, for scripts"),
            ("agentctl list --status waiting --count", "how many need you, for a status bar"),
            ("agentctl list --watch", "a view that follows"));
    }

    private async Task<int> Execute(ParseResult parse, CancellationToken cancellationToken)
    {
        var formats = new[] { json, quiet, count }.Where(parse.GetValue).Select(static option => option.Name).ToList();
        if (formats.Count > 1)
        {
            throw new UsageException($"{string.Join(" and ", formats)} cannot be combined: each prints something else.");
        }

        SessionState? wanted = null;
        if (parse.GetValue(status) is { } word && (wanted = SessionStates.FromWord(word)) is null)
        {
            around.Terminal.Note($"Unknown status: {word}. Known: {string.Join(", ", Enum.GetValues<SessionState>().Select(state => state.Word()))}.");
            return ExitCode.Usage;
        }

        DateTimeOffset? from = null;
        if (parse.GetValue(since) is { } text && (from = Since.Parse(text, around.Time)) is null)
        {
            around.Terminal.Note($"Not a time: {text}. Say how long ago (30m, 12h, 3d) or a date (2026-11-20, 2026-11-20T08:00).");
            return ExitCode.Usage;
        }

        var query = new ListQuery(
            All: parse.GetValue(all) || from is not null || wanted?.IsTerminal() == true,
            parse.GetValue(adapter),
            wanted,
            parse.GetValue(group),
            from,
            ShortIds: !parse.GetValue(json) && !parse.GetValue(quiet) && !parse.GetValue(count));
        if (parse.GetValue(watch))
        {
            return await new ListWatch(around, query, list => Draw(list, parse, around.LookAt(around.Refresh())), isTable: formats.Count == 0).Run(cancellationToken);
        }

        var sessions = await around.OpenSessions(cancellationToken);
        var reply = await sessions.List(query, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var found = parse.GetValue(json) ? SessionList.Read(reply.Whole()) : SessionList.ReadTable(reply.Whole());
        around.Terminal.Write(Draw(found, parse, around.Look()).Span);
        Warn(found, parse.GetValue(quiet), parse.GetValue(json));
        var isForScripts = parse.GetValue(json) || parse.GetValue(quiet);
        return (isForScripts && found.Adapters.Any(LeftNothing)) || (parse.GetValue(quiet) && !Rows(found).All(static row => IsOneWord(row.Id)))
            ? ExitCode.Partial
            : ExitCode.Done;
    }

    /// <summary>It could not look, and nothing is remembered of it either: the answer has a hole.</summary>
    private static bool LeftNothing(AdapterReport adapter) => !ListSummary.Answered(adapter) && adapter.LastAnswerAt is null;

    private ReadOnlyMemory<byte> Draw(SessionList list, ParseResult parse, Look look)
    {
        if (parse.GetValue(json))
        {
            return JsonIndent.ArrayOf(parse.GetValue(sort) == SortKey.State ? list.Rows : Sorted(list, parse).ConvertAll(index => list.Rows[index]));
        }

        var page = new Page();
        if (parse.GetValue(quiet))
        {
            foreach (var index in Sorted(list, parse))
            {
                if (IsOneWord(list.Row(index).Id))
                {
                    page.AppendLine(list.Row(index).Id);
                }
            }
        }
        else if (parse.GetValue(count))
        {
            page.Append(ListSummary.Of([.. Rows(list)], list.Adapters, look.Now, parse.GetValue(status) is { } word ? SessionStates.FromWord(word) : null)).Append('\n');
        }
        else if (list.Rows.Count == 0)
        {
            // Nothing found is only said when everywhere was looked (law L5).
            page.Append(list.Adapters.All(ListSummary.Answered) ? "No sessions found." : ListSummary.Of([], list.Adapters, look.Now)).Append('\n');
        }
        else
        {
            var rows = Sorted(list, parse).ConvertAll(index => (list.Row(index), list.ShortIds?[index] ?? list.Row(index).Id));
            SessionTable.Write(page, rows, look);
            foreach (var (row, shortId) in rows.Where(static one => one.Item1.Status == SessionState.Queued.Word()))
            {
                var line = $"  {shortId} waits: {PlainText.OneLine(row.Evidence.Fact)}";
                page.Append(look.Width is { } width ? TextWidth.Fit(line, width) : line).Append('\n');
            }

            page.Append('\n').Append(look.Paint[Ink.Faint, ListSummary.Of([.. rows.Select(row => row.Item1)], list.Adapters, look.Now)]).Append('\n');
        }

        return page.ToBytes();
    }

    /// <summary>A script takes every line for an id: one that holds a line break would name another session.</summary>
    private static bool IsOneWord(string id) => PlainText.Line(id) == id && !id.Contains(' ');

    private void Warn(SessionList list, bool isQuiet, bool isJson)
    {
        foreach (var row in isQuiet ? Rows(list).Where(static row => !IsOneWord(row.Id)) : [])
        {
            around.Terminal.Note($"warning: {row.Adapter}: the id {PlainText.OneLine(row.Id)} contains blanks or control characters and is not printed. See: agentctl list --json");
        }

        foreach (var report in list.Adapters)
        {
            WarningLines.Print(around.Terminal, report.Adapter, report.Error is { } error ? [error, .. report.Problems] : report.Problems, "agentctl doctor", isJson);
        }
    }

    private static IEnumerable<SessionRow> Rows(SessionList list) => Enumerable.Range(0, list.Rows.Count).Select(list.Row);

    private List<int> Sorted(SessionList list, ParseResult parse) => [.. parse.GetValue(sort).Order([.. Rows(list)])];
}
