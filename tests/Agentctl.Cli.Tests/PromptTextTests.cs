using Agentctl.Cli.Commands;
using Xunit;

namespace Agentctl.Cli.Tests;

public sealed class PromptTextTests
{
    [Fact]
    public void Device_is_refused()
    {
        var refused = Assert.Throws<UsageException>(static () => With("/dev/zero"));
        Assert.Equal("/dev/zero is a device, not a file.", refused.Message);
    }

    [Fact]
    public void Large_file_is_refused_with_the_way_to_raise_the_limit()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, new string('x', (int)PromptText.UsualFileLimitBytes + 1));
            var refused = Assert.Throws<UsageException>(() => With(path));
            Assert.Equal($"File too large: {path} has 51201 bytes, and the limit is 51200. Raise the limit: --max-file-size 51201", refused.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string With(string file) => PromptText.With("ask", null, [file], PromptText.UsualFileLimitBytes, TestContext.Current.CancellationToken);
}
