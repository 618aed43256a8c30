namespace Agentctl.Acp;

/// <summary>Newline-delimited JSON over two streams, or one that goes both ways: the protocol's stdio transport.</summary>
public sealed class StdioTransport : IAcpTransport
{
    private readonly Stream input;
    private readonly Stream output;
    private readonly LineSplitter lines;
    private readonly byte[] buffer = new byte[64 * 1024];
    private bool ended;

    private StdioTransport(Stream input, Stream output, int limitBytes)
    {
        this.input = input;
        this.output = output;
        lines = new LineSplitter(limitBytes);
    }

    /// <param name="input">What the other side writes.</param>
    /// <param name="output">What it reads; the same stream when it goes both ways.</param>
    /// <param name="limitBytes">The longest line.</param>
    public static StdioTransport Of(Stream input, Stream output, int limitBytes = LineSplitter.UsualLimitBytes) => new(input, output, limitBytes);

    /// <inheritdoc/>
    public async ValueTask<AcpLine?> Read(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (lines.Next() is { } line)
            {
                return line;
            }

            if (ended)
            {
                return lines.Rest();
            }

            var length = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            ended = length == 0;
            lines.Add(buffer.AsSpan(0, length));
        }
    }

    /// <inheritdoc/>
    public async ValueTask Send(AcpOutgoing message, CancellationToken cancellationToken)
    {
        await output.WriteAsync(message.Line, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await output.DisposeAsync().ConfigureAwait(false);
        if (!ReferenceEquals(input, output))
        {
            await input.DisposeAsync().ConfigureAwait(false);
        }
    }
}
