using System.Text;

namespace Agentctl.Core;

/// <summary>A short name for a text of any length: the same text gives the same name. No proof of anything (FNV-1a, 64 bits).</summary>
public static class Fingerprint
{
    public static string Of(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ octet) * 1099511628211UL);
        }

        return hash.ToString("x16");
    }
}
