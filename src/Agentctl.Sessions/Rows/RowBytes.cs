using System.Runtime.CompilerServices;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// A row's JSON, written once per sighting: adapters give the same instance for what has not changed, so a list of thousands of
/// ended sessions is copied, not serialized.
/// </summary>
internal sealed class RowBytes
{
    private readonly ConditionalWeakTable<Sighting, byte[]> written = [];

    public ReadOnlyMemory<byte> Of(Session session)
    {
        if (!written.TryGetValue(session.Sighting, out var bytes))
        {
            bytes = Write(session);
            written.AddOrUpdate(session.Sighting, bytes);
        }

        return bytes;
    }

    private static byte[] Write(Session session) => JsonSerializer.SerializeToUtf8Bytes(SessionRow.From(session), ApiJson.Readable.SessionRow);
}
