using System.Text.Json;

namespace Agentctl.Adapters.Recorded;

/// <summary>Numbers of tokens in foreign records.</summary>
internal static class TokenCount
{
    /// <summary>More than any answer costs, and few enough that no sum overflows.</summary>
    private const long Most = 1_000_000_000_000;

    /// <summary>The count; 0 for one that is absent or cannot be true.</summary>
    public static long Of(JsonElement usage, string name) => Of(usage.Whole(name));

    public static long Of(long? told) => told is >= 0 and <= Most and var count ? count : 0;
}
