using System.Text;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What a gateway says may be anything; it goes into messages on one line, short, and without our secret.</summary>
internal static class GatewayText
{
    private const int Limit = 200;

    public static string Clean(string? text, string? secret = null)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "nothing";
        }

        if (secret is { Length: > 0 })
        {
            text = text.Replace(secret, "(secret)", StringComparison.Ordinal);
        }

        var clean = new StringBuilder(Math.Min(text.Length, Limit));
        foreach (var c in text)
        {
            if (clean.Length >= Limit)
            {
                return clean.Append('…').ToString();
            }

            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString().Trim();
    }
}
