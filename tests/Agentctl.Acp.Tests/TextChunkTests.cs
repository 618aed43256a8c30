using System.Text;
using System.Text.Json;
using Xunit;

namespace Agentctl.Acp.Tests;

/// <summary>The quick way of reading says nothing that the usual one does not say too.</summary>
public sealed class TextChunkTests
{
    private static readonly string[] Values = ["null", "7", "[]", "{}", "[{\"type\":\"text\"}]", "\"text\"", "\"x\"", "\"\\ud800\"", "\"session/update\"", "\"agent_message_chunk\"", "{\"a\":{\"text\":\"no\"}}"];
    private static readonly string[] Members = ["jsonrpc", "id", "method", "params", "sessionId", "update", "sessionUpdate", "content", "type", "text", "messageId", "_meta", "annotations", "\\u0074ext", "other"];

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"a\u00e9\n"}}}}""", "agent_message_chunk", "aé\n")]
    [InlineData("""{"params":{"_meta":{"update":1},"update":{"messageId":"m","content":{"text":"","type":"text"},"_meta":{"content":2},"sessionUpdate":"agent_thought_chunk"},"sessionId":"s"},"method":"session/update","jsonrpc":"2.0"}""", "agent_thought_chunk", "")]
    [InlineData("""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"user_message_chunk","content":{"type":"text","text":"u"}}}} """, "user_message_chunk", "u")]
    public void Plain_piece_of_text_is_read(string line, string kind, string text)
    {
        Assert.True(TextChunk.TryRead(Encoding.UTF8.GetBytes(line), out var chunk));
        Assert.Equal(new TextChunk(kind, text, "s"), chunk);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\"session/update\"")]
    [InlineData("""{"method":"session/update","params":7}""")]
    [InlineData("""{"id":1,"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"a"}}}}""")]
    [InlineData("""{"method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"a"}}}}""")]
    [InlineData("""{"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"tool_call","content":{"type":"text","text":"a"}}}}""")]
    [InlineData("""{"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"image","text":"a"}}}}""")]
    [InlineData("""{"method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"a"}}}}{}""")]
    public void Anything_else_is_left_to_the_usual_way(string line) => Assert.False(TextChunk.TryRead(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void Whatever_it_reads_the_usual_way_reads_the_same()
    {
        var read = 0;
        var seed = new Random(20261127);
        for (var i = 0; i < 20_000; i++)
        {
            var line = Line(seed);
            if (!TextChunk.TryRead(Encoding.UTF8.GetBytes(line), out var chunk))
            {
                continue;
            }

            read++;
            using var document = JsonDocument.Parse(HalfPairs.Mended(Encoding.UTF8.GetBytes(line)));
            Assert.Equal(AcpMethods.Update, document.RootElement.GetProperty("method").GetString());
            var notification = SessionNotification.Read(document.RootElement.GetProperty("params"));
            var usual = Assert.IsType<SessionUpdate.Chunk>(notification.Update);
            Assert.Equal((chunk.SessionId, chunk.Kind, chunk.Text), (notification.SessionId, usual.Kind, Assert.IsType<ContentBlock.Text>(usual.Content).Value));
        }

        Assert.InRange(read, 500, 19_500);
    }

    /// <summary>A plain piece of text, with its members in another order, and some of them left out, added, doubled or of another type.</summary>
    private static string Line(Random random)
    {
        var content = Object(random, ("type", "\"text\""), ("text", "\"hello\""));
        var update = Object(random, ("sessionUpdate", random.Next(2) == 0 ? "\"agent_message_chunk\"" : "\"agent_thought_chunk\""), ("content", content));
        return Object(random, ("jsonrpc", "\"2.0\""), ("method", "\"session/update\""), ("params", Object(random, ("sessionId", "\"s\""), ("update", update))));
    }

    private static string Object(Random random, params (string Name, string Value)[] members)
    {
        var all = members.ToList();
        switch (random.Next(12))
        {
            case 0:
                all.RemoveAt(random.Next(all.Count));
                break;
            case 1:
                all.Add((Members[random.Next(Members.Length)], Values[random.Next(Values.Length)]));
                break;
            case 2:
                var changed = random.Next(all.Count);
                all[changed] = (all[changed].Name, Values[random.Next(Values.Length)]);
                break;
        }

        return $"{{{string.Join(',', all.OrderBy(_ => random.Next()).Select(static one => $"\"{one.Name}\":{one.Value}"))}}}";
    }
}
