using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters;

/// <summary>The damaged records that were met in one file. The file is named once, however many there are.</summary>
internal sealed class DamagedRecords
{
    private readonly HashSet<long> lines = [];
    private (JsonLine Line, JsonDamage Damage)? first;

    public int Count => lines.Count;

    /// <summary>Notes one; the same line may be met from the start of the file and from its end.</summary>
    public void Add(JsonLine line, JsonDamage damage)
    {
        if (lines.Add(line.Start) && (first is null || line.Start < first.Value.Line.Start))
        {
            first = (line, damage);
        }
    }

    /// <summary>One sentence that names the file, the line and what is wrong with it; null when there was none.</summary>
    /// <param name="path">The file, to count its lines.</param>
    /// <param name="shown">Its name as people see it.</param>
    public string? Describe(string path, string shown)
    {
        if (first is not { } worst)
        {
            return null;
        }

        var place = JsonLines.NumberOf(path, worst.Line.Start) is { } number ? $"line {number}" : $"the line at byte {worst.Line.Start}";
        var others = Count > 1 ? $"; {Count - 1} more damaged record{(Count == 2 ? "" : "s")} in this file" : "";
        return $"{shown}, {place}: {worst.Damage.What} (byte {worst.Damage.Offset} of the line); the record is skipped{others}";
    }
}
