using System.Globalization;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What an agent says in one turn, piece by piece; of a long answer the beginning, and how much more there was.</summary>
internal sealed class AcpAnswer
{
    private readonly StringBuilder kept = new();
    private long dropped;

    public void Add(string text)
    {
        var length = Math.Min(text.Length, AcpLimits.KeptAnswer - kept.Length);
        kept.Append(text, 0, length);
        dropped += text.Length - length;
    }

    /// <param name="output">Where all of it is.</param>
    public string ToText(string output) => dropped == 0
        ? kept.ToString()
        : kept.Append(CultureInfo.InvariantCulture, $"\n[agentctl] {dropped} more characters of this answer are in {output}\n").ToString();
}
