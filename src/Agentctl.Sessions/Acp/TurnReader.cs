using System.Globalization;
using System.Text;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// What the agent says and does in one turn, read from its output in one pass as that grows; of what it says at most
/// <see cref="AcpLimits.KeptAnswer"/>. Not thread-safe.
/// </summary>
/// <param name="session">Updates of other sessions are not of this one; null takes all.</param>
internal sealed class TurnReader(string output, JournalEntry begun, string? session)
{
    private const int MostTools = 10_000;

    private readonly StringBuilder message = new();
    private readonly Dictionary<string, ToolCall> tools = new(StringComparer.Ordinal);
    private long position = begun.Offset ?? 0;
    private int left = AcpLimits.KeptAnswer;
    private long dropped;

    /// <summary>What is complete before a place of the output, and was not returned before. Enumerate all of it.</summary>
    public IEnumerable<(string Role, string Text)> Read(long end)
    {
        foreach (var line in JsonLines.Forward(output, position))
        {
            if (line.Start >= end)
            {
                yield break;
            }

            position = line.End;
            foreach (var (said, told) in AcpHistory.UpdatesOf(WireText.Repaired(line.Bytes)))
            {
                if (told is null)
                {
                    Take(said.Kind, said.SessionId, said.Text);
                    continue;
                }

                foreach (var one in session is null || told.SessionId == session ? Read(told) : [])
                {
                    yield return one;
                }
            }
        }
    }

    /// <summary>What the agent has said since its last tool call; null when that is nothing. Once, at the end.</summary>
    public (string Role, string Text)? Rest()
    {
        if (dropped > 0)
        {
            message.Append(CultureInfo.InvariantCulture, $"\n[agentctl] {dropped} more characters of this answer are in {output}\n");
        }

        return message.Length > 0 ? ("assistant", message.ToString()) : null;
    }

    private IEnumerable<(string Role, string Text)> Read(SessionNotification told)
    {
        switch (told.Update)
        {
            case SessionUpdate.Chunk { Content: ContentBlock.Text unusual } chunk:
                Take(chunk.Kind, told.SessionId, unusual.Value);
                break;
            case SessionUpdate.ToolCallBegun { Call: var call } when tools.Count < MostTools:
                tools[call.ToolCallId] = WithoutContent(call);
                break;
            case SessionUpdate.ToolCallChanged { Change: var change }:
                var now = WithoutContent(change.Over(tools.GetValueOrDefault(change.ToolCallId)));
                if (tools.Count < MostTools || tools.ContainsKey(change.ToolCallId))
                {
                    tools[change.ToolCallId] = now;
                }

                if (change.Status is ToolStatuses.Completed or ToolStatuses.Failed)
                {
                    if (message.Length > 0)
                    {
                        yield return ("assistant", message.ToString());
                        message.Clear();
                    }

                    yield return ("tool", $"{now.Title} ({now.Status})");
                }

                break;
        }
    }

    private void Take(string kind, string of, string text)
    {
        if (kind == SessionUpdate.Chunk.Agent && (session is null || of == session))
        {
            var length = Math.Min(text.Length, left);
            message.Append(text, 0, length);
            left -= length;
            dropped += text.Length - length;
        }
    }

    private static ToolCall WithoutContent(ToolCall call) => new() { ToolCallId = call.ToolCallId, Title = call.Title, Status = call.Status };
}
