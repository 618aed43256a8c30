using System.Threading.Channels;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Sessions;

/// <summary>
/// An agent under a shim as a transport: its output is a file that is followed by offset, its input the shim's, where every message has
/// a key and is written once. An answer's key is the offset of the request, so whoever reads the same output again cannot answer again.
/// </summary>
internal sealed class ShimTransport : IAcpTransport
{
    private readonly ShimConnection shim;
    private readonly SafeFileHandle output;
    private readonly LineSplitter lines;
    private readonly IDisposable watch;
    private readonly Channel<bool> rings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<string> written;
    private readonly string launchFolder;
    private readonly string run = Guid.NewGuid().ToString("n")[..6];
    private readonly byte[] buffer = new byte[128 * 1024];
    private long notifications;
    private long position;
    private volatile bool ended;

    private ShimTransport(ShimConnection shim, SafeFileHandle output, long position, string folder, GrowthWatch growth, string path, Action grew)
    {
        this.shim = shim;
        launchFolder = folder;
        this.output = output;
        this.position = position;
        written = InputKeys.Read(folder)?.Select(static one => one.Key).ToHashSet(StringComparer.Ordinal) ?? [];
        lines = new LineSplitter(AcpLimits.LongestMessageBytes, position);
        watch = growth.Watch(path, () =>
        {
            rings.Writer.TryWrite(true);
            grew();
        });
        rings.Writer.TryWrite(true);
    }

    /// <summary>How far the output goes by now.</summary>
    public long OutputEnd => RandomAccess.GetLength(output);

    /// <summary>Its output before this offset is needed no longer; told with the next message.</summary>
    public long NeededFrom { get; set; }

    /// <summary>How far the output was read.</summary>
    public long ReadTo => Volatile.Read(ref position);

    /// <summary>How many bytes follow the last line feed, and the first of them, printable; null when there are none.</summary>
    public (long Bytes, string Begins)? Unfinished()
    {
        var (start, end) = (lines.LineStart, ReadTo);
        if (end <= start)
        {
            return null;
        }

        var beginning = new byte[WireText.BeginningLength];
        return (end - start, WireText.Beginning(beginning.AsSpan(0, RandomAccess.Read(output, beginning, start))));
    }

    /// <summary>The newest message was refused: nothing of it reached the agent.</summary>
    public bool WasRefused { get; private set; }

    /// <param name="shim">Owned by what is returned.</param>
    /// <param name="position">Where to begin to read.</param>
    /// <param name="grew">Called when there is more output.</param>
    /// <returns>Null when the file of its output is gone, or no regular file: the agent can replace it.</returns>
    /// <exception cref="IOException">Its output could not be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">Its output may not be read.</exception>
    public static ShimTransport? TryOpen(LaunchPlaces places, string launchId, ShimConnection shim, long position, GrowthWatch growth, Action grew)
    {
        var folder = places.Of(launchId);
        var path = Path.Combine(folder, LaunchFiles.Output);
        return NativeFile.OpenRegular(path) is { } output ? new ShimTransport(shim, output, position, folder, growth, path, grew) : null;
    }

    /// <summary>The key of the prompt's message.</summary>
    public static string KeyOf(RequestId id) => $"rq:{id.Json.Trim('"')}";

    /// <summary>A message of that key was given to the agent before.</summary>
    public bool IsWritten(string key) => written.Contains(key);

    /// <summary>The request that stands there was answered before.</summary>
    public bool IsAnswered(long requestPosition) => written.Contains(AnswerKey(requestPosition));

    /// <summary>Nothing more will come.</summary>
    public bool HasEnded => ended;

    /// <summary>Nothing more will come: what is there is read to its end.</summary>
    public void End()
    {
        ended = true;
        rings.Writer.TryWrite(true);
    }

    public async ValueTask<AcpLine?> Read(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (lines.Next() is { } line)
            {
                return line;
            }

            // Looked at before the reading: what was written until the end is then read.
            var isLast = ended;
            var length = RandomAccess.Read(output, buffer, position);
            if (length > 0)
            {
                Volatile.Write(ref position, position + length);
                lines.Add(buffer.AsSpan(0, length));
            }
            else if (isLast)
            {
                return lines.Rest();
            }
            else
            {
                await rings.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask Send(AcpOutgoing message, CancellationToken cancellationToken)
    {
        var key = message.Answers is { } request ? AnswerKey(request)
            : message.Id is { } id ? KeyOf(id)
            : $"n:{run}-{++notifications}";
        WasRefused = false;
        if (await shim.Write(key, message.Line, cancellationToken, NeededFrom > 0 ? NeededFrom : null).ConfigureAwait(false) is { } problem)
        {
            // A shim that goes away without an answer may have passed it on before; its list of keys tells.
            WasRefused = shim.HasRefused || InputKeys.Read(launchFolder)?.Any(one => one.Key == key) == false;
            throw new IOException(problem);
        }
    }

    public ValueTask DisposeAsync()
    {
        watch.Dispose();
        shim.Dispose();
        output.Dispose();
        return default;
    }

    private static string AnswerKey(long requestPosition) => $"re:{requestPosition}";
}
