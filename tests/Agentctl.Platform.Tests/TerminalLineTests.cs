using System.Globalization;
using System.IO.Pipes;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class TerminalLineTests
{
    [Fact]
    public void Reads_one_line_and_leaves_the_next()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        pipe.Write(Encoding.UTF8.GetBytes("yes\r\nnö\nrest"));
        var descriptor = (int)pipe.ClientSafePipeHandle.DangerousGetHandle();
        Assert.Equal("yes", TerminalLine.Read(descriptor, TestContext.Current.CancellationToken));
        Assert.Equal("nö", TerminalLine.Read(descriptor, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Wait_ends_with_its_token_and_takes_nothing_of_a_later_line()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var descriptor = (int)pipe.ClientSafePipeHandle.DangerousGetHandle();
        using var source = new CancellationTokenSource();
        var reading = Task.Run(() => TerminalLine.Read(descriptor, source.Token), TestContext.Current.CancellationToken);
        source.CancelAfter(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        pipe.Write("later\n"u8);
        Assert.Equal("later", TerminalLine.Read(descriptor, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void End_of_the_input_is_null()
    {
        int descriptor;
        using (var pipe = new AnonymousPipeServerStream(PipeDirection.Out))
        {
            descriptor = int.Parse(pipe.GetClientHandleAsString(), CultureInfo.InvariantCulture);
            pipe.Write("last"u8);
        }

        using var reader = new SafePipeHandle(descriptor, ownsHandle: true);
        Assert.Equal("last", TerminalLine.Read(descriptor, TestContext.Current.CancellationToken));
        Assert.Null(TerminalLine.Read(descriptor, TestContext.Current.CancellationToken));
    }
}
