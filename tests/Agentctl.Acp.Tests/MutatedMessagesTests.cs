using System.Text;
using System.Text.Json;
using Xunit;

namespace Agentctl.Acp.Tests;

/// <summary>Whatever bytes an agent writes, the client stays up, answers what can be answered, and ends when the agent does.</summary>
public sealed class MutatedMessagesTests
{
    private const int Mutations = 2000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task No_sequence_of_bytes_ends_a_connection_that_the_agent_has_not_ended()
    {
        var messages = Messages();
        var spoken = messages.Where(static message => message.AsSpan().IndexOf("\"method\""u8) >= 0).ToList();
        var random = new Random(20261130);
        var client = new EveryMessage();
        await using var pair = new Pair(client, new Handler { Answer = static (_, _) => new(AcpReply.Done) });
        for (var i = 0; i < Mutations; i++)
        {
            var message = random.Next(4) == 0 ? messages[random.Next(messages.Count)] : spoken[random.Next(spoken.Count)];
            await pair.FromAgent([.. Mutated(message, messages[random.Next(messages.Count)], random), (byte)'\n']);
            if (i % 50 == 0)
            {
                // The line above may end in the middle of anything: this request is whole and is answered.
                await pair.Client.Request<Empty, Empty>("x", new Empty(), TestContext.Current.CancellationToken).WaitAsync(Deadline);
            }
        }

        await pair.Client.Request<Empty, Empty>("x", new Empty(), TestContext.Current.CancellationToken).WaitAsync(Deadline);
        Assert.False(pair.Client.Ended.IsCompleted, pair.Client.EndReason);
        Assert.InRange(client.Read, 100, Mutations);
        Assert.InRange(pair.Client.JunkLines, 100, 2 * Mutations);
    }

    private static List<byte[]> Messages()
    {
        var messages = new List<byte[]>();
        var number = 0;
        foreach (var row in Samples.All)
        {
            var sample = row.Data;
            var method = sample.Definition switch
            {
                "SessionNotification" => AcpMethods.Update,
                "RequestPermissionRequest" => AcpMethods.RequestPermission,
                "ReadTextFileRequest" => AcpMethods.ReadTextFile,
                "WriteTextFileRequest" => AcpMethods.WriteTextFile,
                "CreateTerminalRequest" => AcpMethods.CreateTerminal,
                _ => null,
            };
            messages.Add(Encoding.UTF8.GetBytes(
                method is null ? $$"""{"jsonrpc":"2.0","id":{{1_000_000 + number++}},"result":{{sample.Json}}}"""
                : method == AcpMethods.Update ? $$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{sample.Json}}}"""
                : $$"""{"jsonrpc":"2.0","id":"a{{number++}}","method":"{{method}}","params":{{sample.Json}}}"""));
        }

        Assert.Contains(messages, static message => message.AsSpan().IndexOf("session/update"u8) >= 0);
        return messages;
    }

    private static byte[] Mutated(byte[] message, byte[] other, Random random)
    {
        var bytes = message.ToList();
        for (var times = random.Next(1, 3); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                case 2:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 10)).Select(_ => (byte)random.Next(256)).ToArray());
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 40))));
                    break;
                case 4:
                    bytes.AddRange(other);
                    break;
                case 5:
                    bytes.InsertRange(0, Encoding.UTF8.GetBytes("\uFEFF"));
                    break;
                case 6:
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(3) switch { 0 => "\\ud800", 1 => "1e999", _ => new string('[', 600) }));
                    break;
                default:
                    bytes[at] = 0;
                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add((byte)'{');
            }
        }

        return [.. bytes];
    }

    /// <summary>Reads every message as what it claims to be.</summary>
    private sealed class EveryMessage : IAcpHandler
    {
        public int Read { get; private set; }

        public ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken)
        {
            AcpReply reply = request.Method switch
            {
                AcpMethods.RequestPermission => AcpReply.Of(request.As<RequestPermissionRequest>()),
                AcpMethods.ReadTextFile => AcpReply.Of(request.As<ReadTextFileRequest>()),
                AcpMethods.WriteTextFile => AcpReply.Of(request.As<WriteTextFileRequest>()),
                AcpMethods.CreateTerminal => AcpReply.Of(request.As<CreateTerminalRequest>()),
                _ => throw new AcpErrorException(AcpHandlers.NotFound(request.Method)),
            };
            Read++;
            return new(reply);
        }

        public void Notification(AcpIncoming notification)
        {
            if (notification.Method == AcpMethods.Update)
            {
                // What is read is whole text: it can be written again.
                var update = notification.As<SessionNotification>();
                using var stream = new MemoryStream();
                using var json = new Utf8JsonWriter(stream);
                update.Write(json);
                Read++;
            }
        }
    }
}
