namespace Agentctl.Core;

/// <summary>Tokens used, in tokens. Cache tokens are counted apart from <see cref="In"/>.</summary>
public sealed record TokenUsage(long In, long Out, long CacheRead = 0, long CacheWrite = 0)
{
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => new(
        left.In + right.In, left.Out + right.Out, left.CacheRead + right.CacheRead, left.CacheWrite + right.CacheWrite);
}
