using System.Text;
using Xunit;

namespace Agentctl.Acp.Tests;

/// <summary>Messages without a line feed between them.</summary>
public sealed class MessageLineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1}{"b":"}{"}""", """{"a":1}""", """{"b":"}{"}""")]
    [InlineData("""{"a":1} {"b":{}} {}""", """{"a":1}""", """ {"b":{}}""", " {}")]
    [InlineData("""{"a":1}trailing""", """{"a":1}""", "trailing")]
    [InlineData("""{"a":1}{"b":""", """{"a":1}""", """{"b":""")]
    [InlineData("""ready> {"a":1}""", """ready> {"a":1}""")]
    [InlineData("[1][2]", "[1][2]")]
    [InlineData("", "")]
    public void Line_is_split_where_a_whole_message_ends(string line, params string[] messages) =>
        Assert.Equal(messages, MessageLine.Split(Encoding.UTF8.GetBytes(line)).Select(static message => Encoding.UTF8.GetString(message.Span)));

    [Fact]
    public async Task All_messages_of_a_line_are_taken_in_their_order_and_each_has_a_position_of_its_own()
    {
        var (client, agent) = (new Handler(), new Handler());
        await using var pair = new Pair(client, agent);
        var asked = new List<long>();
        client.Answer = (request, _) =>
        {
            lock (asked)
            {
                asked.Add(request.Position);
            }

            return new(AcpReply.Done);
        };
        var (first, second, answer) = (pair.Agent.Expect(RequestId.Of("q1")), pair.Agent.Expect(RequestId.Of("q2")), pair.Client.Expect(RequestId.Of("p")));
        await pair.FromAgent("""{"jsonrpc":"2.0","method":"x/1"}{"jsonrpc":"2.0","id":"q1","method":"x"} {"jsonrpc":"2.0","id":"q2","method":"x"}{"jsonrpc":"2.0","method":"x/2"}{"jsonrpc":"2.0","id":"p","result":{}}""" + "\n");

        await Task.WhenAll(first, second, answer).WaitAsync(Deadline);
        Assert.Equal("x/1", (await client.Told.Reader.ReadAsync(TestContext.Current.CancellationToken)).Method);
        Assert.Equal("x/2", (await client.Told.Reader.ReadAsync(TestContext.Current.CancellationToken)).Method);
        Assert.Equal(2, asked.Distinct().Count());
        Assert.Equal(0, pair.Client.JunkLines);
    }

    [Fact]
    public async Task What_follows_the_last_message_of_a_line_is_junk()
    {
        var client = new Handler();
        await using var pair = new Pair(client, new Handler());
        await pair.FromAgent("""{"jsonrpc":"2.0","method":"x/1"}{"jsonrpc":"2.0","method":"x/2"} done.""" + "\n" + """{"jsonrpc":"2.0","method":"x/3"}""" + "\n");
        foreach (var method in (string[])["x/1", "x/2", "x/3"])
        {
            Assert.Equal(method, (await client.Told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline)).Method);
        }

        Assert.Equal((1, " done."), (pair.Client.JunkLines, pair.Client.FirstJunk));
    }
}
