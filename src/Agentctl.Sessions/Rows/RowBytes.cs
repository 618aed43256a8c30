using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// A row's JSON, written once per sighting: adapters give the same instance for what has not changed, so a list of thousands of
/// ended sessions is copied, not serialized.
/// </summary>
internal static class RowBytes
{
    /// <summary>Above so many rows their texts would be most of what the daemon holds: those of the others are written each time.</summary>
    public const int MostKept = 6_000;

    public static ReadOnlyMemory<byte> Of(Session session, string home) => Kept(session, home).AsMemory(1);

    /// <summary>With the commas between them.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Of(IReadOnlyList<Session> sessions, string home)
    {
        var rows = new ReadOnlyMemory<byte>[sessions.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = i < MostKept ? Kept(sessions[i], home) : sessions[i].Sighting.Derived().Row ?? Write(sessions[i], home);
            rows[i] = row.AsMemory(i == 0 ? 1 : 0);
        }

        return rows;
    }

    private static byte[] Kept(Session session, string home) => session.Sighting.Derived().Row ??= Write(session, home);

    /// <summary>A comma and the row.</summary>
    private static byte[] Write(Session session, string home) => [(byte)',', .. JsonSerializer.SerializeToUtf8Bytes(SessionRow.From(session, home), ApiJson.Readable.SessionRow)];
}
