using System.Diagnostics;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class InputFileTests : IDisposable
{
    private const long Limit = 1000;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xC3, 0xA9, (byte)'\n' }, "aé\n")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a' }, "a")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, "a")]
    [InlineData(new byte[] { 0xFE, 0xFF, 0, (byte)'a' }, "a")]
    [InlineData(new byte[0], "")]
    public void Text_is_read_whole(byte[] content, string text) => Assert.Equal(new InputText.Content(text), Read(Written(content)));

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xE9, (byte)'b' }, "is not valid UTF-8 text (byte 2)")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "is not valid UTF-8 text (byte 1)")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0, 0xD8 }, "is not valid UTF-8 text")]
    [InlineData(new byte[] { 0x7F, (byte)'E', 0, 1 }, "is not a text file: character 3 is NUL")]
    public void Binary_file_is_unusable(byte[] content, string reason) =>
        Assert.StartsWith(reason, Assert.IsType<InputText.Unusable>(Read(Written(content))).Reason, StringComparison.Ordinal);

    [Fact]
    public void Directory_and_device_are_unusable()
    {
        Assert.Equal(new InputText.Unusable("is a directory, not a file"), Read(folder.Path));
        Assert.Equal(new InputText.Unusable("is a device, not a file"), Read("/dev/zero"));
        Assert.Equal(new InputText.Unusable("is a device, not a file"), Read("/dev/null"));
    }

    [Fact]
    public void Missing_file_is_missing()
    {
        Assert.Equal(new InputText.Missing(), Read(folder["none"]));
        Assert.IsType<InputText.Unusable>(Read("a\0b"));
        Assert.IsType<InputText.Unusable>(Read(""));
    }

    [Fact]
    public void Large_file_is_refused_by_its_size()
    {
        Assert.Equal(new InputText.Content(new string('x', (int)Limit)), Read(Written([.. Enumerable.Repeat((byte)'x', (int)Limit)])));
        var sparse = Written([]);
        using (var file = File.OpenWrite(sparse))
        {
            file.SetLength(1L << 40);
        }

        Assert.Equal(new InputText.TooLarge(1L << 40, Limit), Read(sparse));
    }

    [Fact]
    public async Task Pipe_is_read_until_its_writer_closes_it()
    {
        var pipe = await Pipe();
        using var writer = Process.Start("/bin/sh", ["-c", $"exec > {pipe}; sleep 0.5; echo one; sleep 0.5; echo two"]);

        Assert.Equal(new InputText.Content("one\ntwo\n"), Read(pipe));
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Endless_pipe_is_refused_at_the_limit()
    {
        var pipe = await Pipe();
        using var writer = Process.Start("/bin/sh", ["-c", $"exec yes > {pipe} 2>/dev/null"]);

        Assert.Equal(new InputText.TooLarge(null, Limit), Read(pipe));
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Pipe_without_a_writer_is_refused()
    {
        var read = InputFile.Read(await Pipe(), Limit, TimeSpan.FromSeconds(0.3), TestContext.Current.CancellationToken);

        Assert.Equal(new InputText.Unusable("is a pipe that no process opened for writing within 0.3 s"), read);
    }

    [Fact]
    public async Task Silent_pipe_is_waited_for_until_canceled()
    {
        var pipe = await Pipe();
        using var writer = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        using var canceled = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        Assert.Throws<OperationCanceledException>(() => InputFile.Read(pipe, Limit, TimeSpan.FromSeconds(0.1), canceled.Token));
    }

    private static InputText Read(string path) => InputFile.Read(path, Limit, TestContext.Current.CancellationToken);

    private string Written(byte[] content)
    {
        var path = folder["input"];
        File.WriteAllBytes(path, content);
        return path;
    }

    private async Task<string> Pipe()
    {
        var path = folder["pipe"];
        using var mkfifo = Process.Start("mkfifo", [path]);
        await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        return path;
    }
}
