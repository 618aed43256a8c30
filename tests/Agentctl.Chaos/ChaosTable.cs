using System.Collections.Concurrent;
using System.Text;
using Agentctl.Testing;

namespace Agentctl.Chaos;

public enum Victim
{
    Agent,
    Child,
    Shim,
    Daemon,
    Command,
}

public enum Moment
{
    BeforeStart,
    Starting,
    Running,
    Stopping,
    AfterExit,
}

/// <summary>What came of each cell, written as a table when all have run.</summary>
public sealed class ChaosTable : IDisposable
{
    private static readonly ConcurrentDictionary<(Victim, Moment), string> Cells = [];

    public static void Note(Victim victim, Moment moment, string outcome) => Cells[(victim, moment)] = outcome;

    public void Dispose()
    {
        if (Cells.IsEmpty)
        {
            return;
        }

        var table = new StringBuilder("kill -9, then what agentctl tells (the same without and with a daemon):\n");
        table.Append($"{"",-9}{string.Concat(Enum.GetValues<Moment>().Select(moment => $"{Words(moment),-26}"))}\n");
        foreach (var victim in Enum.GetValues<Victim>())
        {
            table.Append($"{victim.ToString().ToLowerInvariant(),-9}");
            foreach (var moment in Enum.GetValues<Moment>())
            {
                table.Append($"{Cells.GetValueOrDefault((victim, moment), "FAILED"),-26}");
            }

            table.Append('\n');
        }

        var file = Path.Combine(Repository.Root, "artifacts", "test-logs", "chaos-table.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, string.Join('\n', table.ToString().Split('\n').Select(line => line.TrimEnd())));
    }

    private static string Words(Moment moment) => moment switch
    {
        Moment.BeforeStart => "before start",
        Moment.AfterExit => "after exit",
        _ => moment.ToString().ToLowerInvariant(),
    };
}
