using Xunit;

namespace Agentctl.Client.Tests;

public sealed class ResponseHeadTests
{
    [Fact]
    public void A_head_tells_status_and_framing()
    {
        var head = ResponseHead.Parse("HTTP/1.1 421 Misdirected Request\r\ncontent-LENGTH: 12\r\nAgentctl-Version: 0.1.0+abc\r\nConnection: close"u8);
        Assert.Equal(new ResponseHead(421, 12, IsChunked: false, Closes: true, "0.1.0+abc"), head);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2")]
    [InlineData("HTTP/1.1 abc")]
    [InlineData("")]
    public void Another_protocol_is_refused(string head) =>
        Assert.Throws<InvalidDataException>(() => ResponseHead.Parse(System.Text.Encoding.ASCII.GetBytes(head)));
}
