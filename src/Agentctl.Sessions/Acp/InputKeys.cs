using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// The shim's list of the messages that it passed on to an agent: a key and a length in each line, written before the message. The agent
/// can replace the file, so it is read like any foreign one.
/// </summary>
internal static class InputKeys
{
    /// <summary>The most that is read of the list: a million messages.</summary>
    private const long LimitBytes = 64 << 20;

    /// <summary>The messages, oldest first; none when there is no list, null when it cannot be read.</summary>
    /// <param name="launchFolder">Of the agent's launch.</param>
    public static IReadOnlyList<(string Key, int? Length)>? Read(string launchFolder)
    {
        try
        {
            return [.. JsonLines.Forward(Path.Combine(launchFolder, LaunchFiles.InputKeys)).Within(LimitBytes).Select(static line => Parse(Encoding.UTF8.GetString(line.Raw.Span)))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // rq:0k3n8v4w2r7p.2k3n8v4w2r7p.1 181
    private static (string Key, int? Length) Parse(string line) =>
        line.Split(' ') is [var key, var length] && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? (key, bytes) : (line.Split(' ')[0], null);
}
