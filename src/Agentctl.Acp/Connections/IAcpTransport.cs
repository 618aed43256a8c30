namespace Agentctl.Acp;

/// <summary>Carries lines between the two sides. A connection reads from one place and sends one message at a time.</summary>
public interface IAcpTransport : IAsyncDisposable
{
    /// <summary>The next line, not empty, without its line feed; null at the end.</summary>
    /// <exception cref="IOException">The stream broke, or a line is longer than may be.</exception>
    ValueTask<AcpLine?> Read(CancellationToken cancellationToken);

    /// <summary>Sends one message, whole.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    ValueTask Send(AcpOutgoing message, CancellationToken cancellationToken);
}

/// <summary>One line that came in.</summary>
/// <param name="Bytes">UTF-8, without the line feed.</param>
/// <param name="Position">Where it begins: a byte offset that is the same whoever reads.</param>
/// <param name="End">Where the next one begins.</param>
public readonly record struct AcpLine(ReadOnlyMemory<byte> Bytes, long Position, long End);

/// <summary>One message that goes out.</summary>
/// <param name="Line">UTF-8 JSON and its line feed.</param>
/// <param name="Id">The id when it is a request.</param>
/// <param name="Answers">The position of the request it answers, when it is an answer.</param>
public readonly record struct AcpOutgoing(ReadOnlyMemory<byte> Line, RequestId? Id, long? Answers);
