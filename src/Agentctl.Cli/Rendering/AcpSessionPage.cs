using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>ACP sessions as a table, and one of them with all that is known.</summary>
internal static class AcpSessionPage
{
    public static void Table(Page output, IReadOnlyList<AcpSessionDocument> sessions, Look look)
    {
        if (sessions.Count == 0)
        {
            output.AppendLine("No session is open. To begin one: agentctl sessions new -a <agent>");
            return;
        }

        var table = new Table(
            new Column("ID"), new Column("Agent"), new Column("Name"), new Column("Status"), new Column("Mode", Leaves: 2), new Column("Queue", Leaves: 3),
            new Column("Model", Leaves: 1), new Column("Used"), new Column("CWD", Readable: 14, KeepEnd: true), new Column("Session", Readable: 8, Leaves: 4));
        foreach (var row in sessions)
        {
            table.Add(
                row.Id, row.Agent, row.Name, new Cell(row.Closed ? "closed" : row.Status, row.Closed ? Ink.Faint : row.Status == "waiting" ? Ink.Yellow : Ink.Plain), row.Mode,
                row.Queued > 0 ? row.Queued.ToString(CultureInfo.InvariantCulture) : null, row.Model, Age.Short(row.LastUsedAt, look.Now), PlainText.OneLine(look.Environment.Tilde(row.Cwd)), row.SessionId);
        }

        table.Write(output, look.Width, look.Paint);
    }

    public static void Write(Page output, AcpSessionDocument row, Look look)
    {
        Line("id", row.Id);
        Line("session", row.SessionId);
        Line("earlier", row.EarlierSessionIds is { } earlier ? string.Join(", ", earlier) : null);
        Line("agent", row.Agent);
        Line("name", row.Name);
        Line("title", row.Title);
        Line("cwd", look.Environment.Tilde(row.Cwd));
        Line("mode", row.Mode);
        Line("status", row.Closed ? $"closed{(row.ClosedAt is { } at ? $" {Age.Short(at, look.Now)} ago" : "")}" : row.Status);
        Line("queued", row.Queued > 0 ? row.Queued.ToString(CultureInfo.InvariantCulture) : null);
        Line("permissions", row.Permissions);
        Line("model", row.Model);
        Line("models", row.AvailableModels is { } models ? string.Join(", ", models) : null);
        Line("agent mode", row.ModeId);
        Line("modes", row.AvailableModes is { } modes ? string.Join(", ", modes) : null);
        Line("options", row.Options is { } options ? string.Join(", ", options.Select(static pair => $"{pair.Key}={pair.Value}")) : null);
        Line("pid", row.Pid?.ToString(CultureInfo.InvariantCulture));
        Line("launch", row.LaunchId);
        Line("created", row.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        Line("last used", row.LastUsedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        Line("agent ended", row.LastAgentExitAt is { } ended
            ? $"{ended.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} ({(row.LastAgentExitCode is { } code ? $"exit code {code}" : row.LastAgentSignal is { } signal ? $"signal {signal}" : "unknown")}, {row.LastAgentDisconnectReason})"
            : null);

        void Line(string name, string? value)
        {
            if (value is { Length: > 0 })
            {
                output.Append(name.PadRight(12)).Append(' ').Append(PlainText.OneLine(value)).Append('\n');
            }
        }
    }
}
