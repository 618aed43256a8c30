using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters;

/// <summary>
/// The records in a file of JSON lines: the one way by which adapters read such files. A damaged record is left out and noted in
/// <see cref="DamagedRecords"/>; what shares its line is read all the same.
/// </summary>
internal static class ForeignRecords
{
    /// <summary>Every record as an object, in the order of the lines.</summary>
    public static IEnumerable<(JsonLine Line, JsonElement Record)> Objects(IEnumerable<JsonLine> lines, DamagedRecords damaged, bool newestFirst = false) =>
        Read<JsonElement>(lines, static json => ForeignJson.TryOpen(json, out _)?.RootElement, damaged, newestFirst);

    /// <summary>Every record as an adapter reads it, in the order of the lines.</summary>
    /// <param name="read">Reads a whole record; null when it is damaged or no record at all. The bytes are clean (<see cref="ForeignJson.Clean"/>).</param>
    /// <param name="newestFirst">The lines come newest first; records that share a line then do so too.</param>
    public static IEnumerable<(JsonLine Line, T Record)> Read<T>(
        IEnumerable<JsonLine> lines, Func<ReadOnlyMemory<byte>, T?> read, DamagedRecords damaged, bool newestFirst = false)
        where T : struct
    {
        foreach (var line in lines)
        {
            if (line.Damage is { } unread)
            {
                damaged.Add(line, unread);
                continue;
            }

            if (read(line.Bytes) is { } record)
            {
                yield return (line, record);
                continue;
            }

            var parts = GluedRecords.Split(line.Bytes, out var damage);
            for (var i = 0; i < parts.Count; i++)
            {
                if (read(parts[newestFirst ? parts.Count - 1 - i : i]) is { } part)
                {
                    yield return (line, part);
                }
                else
                {
                    damage ??= new JsonDamage("it is no record that this agent writes", 0);
                }
            }

            if (damage is not null)
            {
                damaged.Add(line, damage);
            }
        }
    }
}
