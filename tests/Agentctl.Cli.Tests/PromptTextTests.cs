using Agentctl.Cli.Commands;
using Xunit;

namespace Agentctl.Cli.Tests;

public sealed class PromptTextTests
{
    /// <summary>A device has no length, and this one no end.</summary>
    [Fact]
    public void Endless_file_is_refused_at_the_limit()
    {
        var refused = Assert.Throws<UsageException>(static () => PromptText.With("ask", null, ["/dev/zero"], PromptText.UsualFileLimitBytes));
        Assert.Contains("/dev/zero has more than 51200 bytes", refused.Message, StringComparison.Ordinal);
    }
}
