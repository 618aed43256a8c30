using System.Text;
using System.Text.Json;
using Xunit;

namespace Agentctl.Daemon.Tests;

/// <summary>Whatever a line of the old socket holds: one that has an id is answered, with that id.</summary>
public sealed class RpcFuzzTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly string[] Methods =
    [
        "session.list", "session.status", "session.peek", "session.launch", "session.launch.track", "session.stop", "session.resume", "session.prune",
        "lock.list", "lock.acquire", "lock.release", "fuse.list", "fuse.set", "fuse.extend", "fuse.cancel", "daemon.status", "no.such", "", "\\ud800", "\\u0000",
    ];

    private static readonly string[] Names =
        ["id", "adapter", "all", "status", "group", "lines", "prompt", "cwd", "spec", "model", "env", "force", "message", "directory", "by", "reason", "ttlMs", "sessionId", "onExpire", "label", "callbackSessionKey", "\\ud800", "\\udc00x"];

    private static readonly string[] Values =
    [
        "null", "true", "-1", "1e308", "1e400", "9223372036854775808", "\"\"", "\"x\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\"",
        "{}", "[]", "[null]", "{\"A\":\"1\",\"A\":\"2\"}", "{\"A\":\"\\ud800\"}", "{\"\\ud800\":\"x\"}", "{\"A\\u0000\":\"x\"}", "{\"script\":\"a\",\"script\":\"b\"}", "{\"webhook\":\"nonsense\"}",
    ];

    [Fact]
    public async Task Every_request_with_an_id_is_answered_with_that_id()
    {
        await using var sessions = await RealSessions.Start();
        var silent = new List<string>();
        var sent = 0;
        foreach (var method in Methods)
        {
            foreach (var name in Names)
            {
                foreach (var value in Values)
                {
                    sent++;
                    var parameters = name is "directory" or "cwd" ? $"{{\"{name}\":{value},\"prompt\":\"x\",\"ttlMs\":1}}" : $"{{\"directory\":\"/tmp\",\"cwd\":\"/tmp\",\"prompt\":\"x\",\"message\":\"x\",\"{name}\":{value}}}";
                    if (await Answer(sessions, $"{{\"id\":\"7\",\"method\":\"{method}\",\"params\":{parameters}}}") is not { } answer
                        || answer.GetProperty("id").GetString() != "7" || (!answer.TryGetProperty("result", out _) && !answer.TryGetProperty("error", out _)))
                    {
                        silent.Add($"{method} {parameters}");
                    }
                }
            }
        }

        Assert.True(silent.Count == 0, $"{silent.Count} of {sent}:\n{string.Join('\n', silent.Take(40))}");
    }

    [Theory]
    [InlineData("""{"id":"7"}""", "\"7\"")]
    [InlineData("""{"id":"7","method":5}""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","params":""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","params":[nonsense]}""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","params":null}""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","params":[1]}""", "\"7\"")]
    [InlineData("""{"id":7,"method":"lock.list"}""", "\"7\"")]
    [InlineData("""{"id":null,"method":"lock.list"}""", "\"null\"")]
    [InlineData("""{"id":"\ud800","method":"lock.list"}""", "\"\\ufffd\"")]
    [InlineData("""{"id":"a\u0000b","method":"lock.list"}""", "\"a\\u0000b\"")]
    [InlineData("""{"method":"lock.list","id":"7"}""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","\ud800":1}""", "\"7\"")]
    [InlineData("""{"\ud800":1,"id":"7","method":"lock.list"}""", "\"7\"")]
    [InlineData("""{"\udc00\ud800":1,"id":"7","method":"lock.list","params":""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.list","\ud800":1,"params":[nonsense]}""", "\"7\"")]
    [InlineData("""{"id":"7","method":"lock.release","params":{"\ud800":1,"directory":"/tmp"}}""", "\"7\"")]
    public async Task Odd_request_is_answered(string line, string id)
    {
        await using var sessions = await RealSessions.Start();

        var answer = await Answer(sessions, line);

        Assert.Equal(id, answer!.Value.GetProperty("id").GetRawText());
    }

    [Theory]
    [InlineData("""{"no":"method"}""")]
    [InlineData("nonsense")]
    [InlineData("[1]")]
    [InlineData("")]
    [InlineData("42")]
    public async Task What_has_no_id_and_no_method_is_not_answered(string line)
    {
        await using var sessions = await RealSessions.Start();

        Assert.Null(await Answer(sessions, line));
    }

    [Theory]
    [InlineData("""{"id":"7","method":"lock.acquire","params":{"directory":"/a\u0000b"}}""", "directory")]
    [InlineData("""{"id":"7","method":"lock.release","params":{"directory":"\ud800"}}""", "directory")]
    [InlineData("""{"id":"7","method":"session.status","params":{"id":"\udc00"}}""", "id")]
    [InlineData("""{"id":"7","method":"session.launch","params":{"prompt":"x","cwd":"/tmp","env":{"A":"\ud800"}}}""", "env.A")]
    [InlineData("""{"id":"7","method":"fuse.set","params":{"directory":"/tmp","ttlMs":1e308}}""", "ttlMs")]
    public async Task Refusal_names_the_parameter(string line, string named)
    {
        await using var sessions = await RealSessions.Start();

        var answer = await Answer(sessions, line);

        Assert.Contains(named, answer!.Value.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement?> Answer(RealSessions sessions, string line)
    {
        var answer = await sessions.Rpc.Answer(Encoding.UTF8.GetBytes(line), CancellationToken.None).WaitAsync(Deadline);
        return answer is null ? null : JsonDocument.Parse(answer.Bytes).RootElement;
    }
}
