using System.Text.Json;

namespace Agentctl.Core;

/// <summary>
/// Separates records that share one line, because a program died before it wrote the line feed or two programs wrote at once:
/// <c>{…}{…}</c>, <c>{…}NUL NUL NUL{…}</c>, and a record that was cut with a whole one behind it: <c>{"type":"user","mess{"type":…}</c>.
/// </summary>
public static class GluedRecords
{
    /// <summary>A hostile line could offer a new start at every other byte, and each costs a reading.</summary>
    private const int MostRestarts = 8;

    /// <summary>So many property names of the cut record must be in what follows it: an object inside a record has other names.</summary>
    private const int SharedNames = 3;

    /// <summary>The whole objects in a line that was cleaned, in their order.</summary>
    /// <param name="damage">What had to be left out; null when nothing had to.</param>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> line, out JsonDamage? damage)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        damage = null;
        var restarts = 0;
        HashSet<string>? cut = null;
        var mayBeInside = false;
        for (var at = SkipPadding(line.Span, 0); at < line.Length; at = SkipPadding(line.Span, at))
        {
            var value = Value.Scan(line.Span[at..]);
            if (value.Damage is not { } found)
            {
                if (cut is null || IsRecordBehind(cut, value, !mayBeInside && at + value.End == line.Length))
                {
                    records.Add(line.Slice(at, value.End));
                }

                at += value.End;
                continue;
            }

            damage ??= found with { Offset = at + found.Offset };
            cut ??= value.Names;
            mayBeInside = at + found.Offset >= line.Length;
            if (++restarts > MostRestarts || Restart(line.Span, at, value) is not { } next)
            {
                break;
            }

            at = next;
        }

        return records;
    }

    private static bool IsRecordBehind(HashSet<string> cut, Value value, bool isCertain)
    {
        var shared = value.Names.Count(cut.Contains);
        return shared >= SharedNames || (isCertain && shared > 0 && cut.Count < SharedNames);
    }

    /// <summary>Where the next record may begin behind one that was cut.</summary>
    private static int? Restart(ReadOnlySpan<byte> line, int from, Value broken)
    {
        var stop = (int)Math.Min(line.Length, from + broken.Damage!.Offset + 2);
        if (broken.LastObject is > 0 and var swallowed && stop >= line.Length)
        {
            return from + swallowed;
        }

        // The text in which a record was cut swallows the brace and the quote of the next one, and the reader stumbles right behind.
        var before = from + 1 < stop ? line[(from + 1)..stop].LastIndexOf("{\""u8) : -1;
        if (before >= 0 && Value.Scan(line[(from + 1 + before)..]).Damage is null)
        {
            return from + 1 + before;
        }

        var search = Math.Max(from + 1, stop - 2);
        return search < line.Length && line[search..].IndexOf("{\""u8) is >= 0 and var after ? search + after : null;
    }

    private static int SkipPadding(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] is 0 or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }

        return at;
    }

    /// <summary>One object at the start of some bytes.</summary>
    /// <param name="End">Behind its closing brace.</param>
    /// <param name="Names">Names of the properties of the outermost object that were read.</param>
    /// <param name="LastObject">Where the last object inside it that was closed begins; 0 when there is none.</param>
    private readonly record struct Value(int End, HashSet<string> Names, int LastObject, JsonDamage? Damage)
    {
        public static Value Scan(ReadOnlySpan<byte> json)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            var open = new Stack<int>();
            var lastObject = 0;
            var reader = ForeignJson.Reader(json);
            try
            {
                while (reader.Read())
                {
                    switch (reader.TokenType)
                    {
                        case JsonTokenType.StartObject:
                            open.Push((int)reader.TokenStartIndex);
                            break;
                        case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                            names.Add(reader.GetString()!);
                            break;
                        case JsonTokenType.EndObject:
                            lastObject = open.Pop();
                            break;
                    }

                    if (reader.CurrentDepth == 0 && reader.TokenType != JsonTokenType.StartObject)
                    {
                        var end = (int)reader.BytesConsumed;
                        return reader.TokenType == JsonTokenType.EndObject
                            ? new Value(end, names, lastObject, null)
                            : new Value(end, names, 0, new JsonDamage("it is not a JSON object", 0));
                    }
                }

                return new Value(json.Length, names, lastObject, new JsonDamage("it ends in the middle", json.Length));
            }
            catch (JsonException exception)
            {
                return new Value(json.Length, names, lastObject, ForeignJson.DamageOf(exception, json));
            }
        }
    }
}
