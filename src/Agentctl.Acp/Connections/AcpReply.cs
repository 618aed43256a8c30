using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>The answer to a request of the other side.</summary>
public abstract record AcpReply
{
    private AcpReply()
    {
    }

    /// <summary>A result.</summary>
    public static AcpReply Of<T>(T result)
        where T : IAcpMessage<T> => new Result(result.Write);

    /// <summary>The result of a call that has none.</summary>
    public static AcpReply Done { get; } = Of(new Empty());

    /// <summary>An error.</summary>
    public static AcpReply Error(int code, string message, JsonElement? data = null) => new Failure(new AcpError(code, message, data));

    internal sealed record Result(Action<Utf8JsonWriter> Write) : AcpReply;

    internal sealed record Failure(AcpError Problem) : AcpReply;

    /// <summary>No answer now: whoever handled the request has answered it in another way, or will.</summary>
    public sealed record None : AcpReply;
}

/// <summary>What came in from the other side and is not an answer.</summary>
public sealed class AcpIncoming
{
    private readonly AcpLine line;
    private JsonElement? parsed;

    /// <param name="method">As it was written.</param>
    /// <param name="line">A whole JSON object.</param>
    /// <param name="id">Of a request.</param>
    /// <param name="parameters">When they are known already; otherwise the line is parsed when somebody wants them.</param>
    internal AcpIncoming(string method, AcpLine line, RequestId? id = null, JsonElement? parameters = null)
    {
        Method = method;
        Id = id;
        this.line = line;
        parsed = parameters;
    }

    /// <summary>As it was written.</summary>
    public string Method { get; }

    /// <summary>Of a request.</summary>
    public RequestId? Id { get; }

    /// <summary>Its line as it came: UTF-8.</summary>
    public ReadOnlyMemory<byte> Bytes => line.Bytes;

    /// <summary>Where its line begins.</summary>
    public long Position => line.Position;

    /// <summary>Where the next line begins.</summary>
    public long End => line.End;

    /// <summary>Undefined when there were none.</summary>
    public JsonElement Params => parsed ??= JsonDocument.Parse(line.Bytes, AcpConnection.Deep).RootElement.TryGetProperty("params", out var parameters) ? parameters : default;

    /// <summary>The params as a message.</summary>
    /// <exception cref="AcpFormatException">They are not such a message.</exception>
    public T As<T>()
        where T : IAcpMessage<T> => T.Read(Params);
}

/// <summary>Takes what comes in. Called in the order of the wire; notifications one after the other.</summary>
public interface IAcpHandler
{
    /// <summary>
    /// Begins to answer a request. It may take its time: other messages are taken meanwhile. A method that is not known is answered by
    /// <see cref="AcpError.MethodNotFound"/>.
    /// </summary>
    /// <exception cref="AcpFormatException">Answered with -32602.</exception>
    /// <exception cref="AcpErrorException">Answered with its error.</exception>
    ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken);

    /// <summary>Takes a notification; must not block. What it throws as <see cref="AcpFormatException"/> only counts.</summary>
    void Notification(AcpIncoming notification);

    /// <summary>Every line that came in, before anything is done with it.</summary>
    void Line(AcpLine line)
    {
    }
}
