using System.Runtime.CompilerServices;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>What an agent printed, line by line, as a conversation: all there is of an agent whose records nobody reads.</summary>
/// <param name="folder">The launch's directory; null when there is nothing.</param>
internal sealed class PrintedTranscript(string? folder)
{
    private const string Role = "assistant";

    public async IAsyncEnumerable<TranscriptEntry> Read(TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (folder is null || (range.Role ?? Role) != Role)
        {
            yield break;
        }

        var path = Path.Combine(folder, LaunchFiles.Output);
        var lines = await Task.Run<IReadOnlyList<JsonLine>>(
            () => range.Last is { } last ? [.. JsonLines.Backward(path).Take(last).Reverse()] : [.. JsonLines.Forward(path, range.After ?? 0)],
            cancellationToken).ConfigureAwait(false);
        foreach (var line in lines)
        {
            yield return new TranscriptEntry(Role, Encoding.UTF8.GetString(line.Bytes.Span).TrimStart('\0'), null, null, null, line.End);
        }
    }
}
