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

    public static ReadOnlyMemory<byte> Of(Session session) => session.Sighting.Derived().Row ??= Write(session);

    public static IEnumerable<ReadOnlyMemory<byte>> Of(IReadOnlyList<Session> sessions) =>
        sessions.Select(static (session, i) => i < MostKept ? Of(session) : session.Sighting.Derived().Row ?? Write(session));

    private static byte[] Write(Session session) => JsonSerializer.SerializeToUtf8Bytes(SessionRow.From(session), ApiJson.Readable.SessionRow);
}
