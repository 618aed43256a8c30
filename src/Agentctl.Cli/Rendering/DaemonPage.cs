using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The page of <c>daemon status</c>.</summary>
internal static class DaemonPage
{
    private const int KeyWidth = 10;

    public static void Write(Page output, DaemonDocument document, Look look)
    {
        Page Key(string key) => output.Append(look.Paint[Ink.Faint, key.PadRight(KeyWidth)]).Append(' ');
        void Line(string key, string value) => Key(key).Append(value).Append('\n');

        Key("Daemon").Append(look.Paint[Ink.Green, $"{Glyph.Alive} running"]).Append($", pid {document.Pid}, up {Age.Long(TimeSpan.FromSeconds(document.UptimeSeconds))}\n");
        Line("Version", $"{document.Version} (commit {document.Commit}, {document.Runtime})");
        Line("Home", look.Environment.Tilde(document.Home));
        Line("Socket", look.Environment.Tilde(document.Socket));
        Line("Memory", $"{document.ResidentBytes / 1048576.0:0.0} MB");
        Line("Sessions", $"{document.Active} active" + (document.Unknown > 0 ? $", {document.Unknown} unknown" : ""));
        Line("Launches", $"{document.Launches} live");
        foreach (var slots in document.Slots ?? [])
        {
            Line("Slots", $"{slots.Held} of {slots.Limit} held ({slots.Scope})");
        }

        Line("Locks", $"{document.Locks}");
        Line("Fuses", $"{document.Fuses}");
        Line("Sweep", document.SweepCatches == 0 ? "has caught nothing that was not announced" : $"has caught {document.SweepCatches} changes that nothing had announced");
        foreach (var loop in (document.Loops ?? []).Where(static loop => loop.Failures > 0))
        {
            Key("Loop").Append(look.Paint[Ink.Red, $"{loop.Name} has failed {loop.Failures} times"])
                .Append($"{(loop.LastFailureAt is { } at ? $", {Age.Ago(at, look.Now)}" : "")}: {loop.LastFailure}\n");
        }

        output.Append('\n');

        var table = new Table(new Column("Adapter"), new Column("Outcome"), new Column("Sessions", Readable: 12), new Column("Last answer"), new Column("Error", Readable: 16));
        foreach (var adapter in document.Adapters)
        {
            var counts = document.Sessions.TryGetValue(adapter.Adapter, out var states)
                ? string.Join(", ", states.Where(state => state.Value > 0).Select(state => $"{state.Value} {state.Key}"))
                : "";
            table.Add(
                adapter.Adapter,
                new Cell(adapter.Status, ListSummary.Answered(adapter) ? Ink.Plain : Ink.Red),
                counts.Length > 0 ? counts : "none",
                adapter.LastAnswerAt is { } at ? Age.Ago(at, look.Now) : "never",
                adapter.Error is { } error ? PlainText.OneLine(error) : null);
        }

        table.Write(output, look.Width, look.Paint);
    }
}
