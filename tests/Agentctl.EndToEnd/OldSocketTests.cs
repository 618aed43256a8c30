using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>What scripts of the Node tool's users say to its daemon, said to ours.</summary>
public sealed class OldSocketTests : BothWays
{
    private const string SessionId = "11111111-2222-4333-8444-555555555555";

    /// <summary>Behaves as Claude Code does as far as the recorded conversation can tell.</summary>
    private const string Claude = """
        #!/bin/bash
        id=11111111-2222-4333-8444-555555555555
        while [[ $# -gt 0 ]]; do [[ $1 == --session-id ]] && id=$2; shift; done
        folder=$HOME/.claude/projects/$(pwd | sed 's#[/.]#-#g'); mkdir -p "$folder"
        now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
        echo "{\"type\":\"user\",\"sessionId\":\"$id\",\"cwd\":\"$(pwd)\",\"timestamp\":\"$now\",\"uuid\":\"u-1\",\"message\":{\"role\":\"user\",\"content\":\"hello\"}}" > "$folder/$id.jsonl"
        echo "{\"type\":\"assistant\",\"sessionId\":\"$id\",\"cwd\":\"$(pwd)\",\"timestamp\":\"$now\",\"uuid\":\"u-2\",\"parentUuid\":\"u-1\",\"message\":{\"id\":\"m-1\",\"role\":\"assistant\",\"model\":\"opus\",\"content\":[{\"type\":\"text\",\"text\":\"I am on it\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}}" >> "$folder/$id.jsonl"
        echo "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"$id\"}"
        exec sleep 600
        """;

    private string SocketPath => Path.Combine(Sandbox.AgentctlHome, "agentctl.sock");

    /// <summary>
    /// A conversation that the Node daemon 1.9.1 really had (reference/conversation-1.9.1.json) is had again: each answer has the keys of
    /// then, with values of the same kind, and each refusal begins as it did. What differs on purpose is named here, and in docs/migration.md.
    /// </summary>
    [Fact]
    public async Task Recorded_conversation_of_the_node_daemon_is_had_again()
    {
        Sandbox.Variables["PATH"] = $"{Path.Combine(Sandbox.Home, "bin")}:{Sandbox.Variables["PATH"]}";
        var claude = Sandbox.HomeFile("bin/claude", Claude);
        File.SetUnixFileMode(claude, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Agentctl(withDaemon: true).Run("list");
        var directory = Sandbox.Folder("proj");
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "reference", "conversation-1.9.1.json"), TestContext.Current.CancellationToken));
        using var connection = await Connection.Open(SocketPath);

        var session = SessionId;
        var replayed = 0;
        foreach (var exchange in recorded.RootElement.EnumerateArray())
        {
            var ask = exchange.GetProperty("ask").GetRawText().Replace("{directory}", directory, StringComparison.Ordinal)
                .Replace(SessionId, session, StringComparison.Ordinal).Replace("\"11111111\"", $"\"{session[..8]}\"", StringComparison.Ordinal);
            var answer = await connection.Ask(ask.ReplaceLineEndings(" "));
            Sandbox.Tell($"→ {ask.ReplaceLineEndings(" ")}\n← {answer}");
            var then = exchange.GetProperty("answer");
            var method = exchange.GetProperty("ask").GetProperty("method").GetString()!;
            Assert.Equal(then.GetProperty("id").GetString(), answer.GetProperty("id").GetString());
            if (method == "session.launch" && answer.TryGetProperty("result", out var launched))
            {
                session = launched.GetProperty("id").GetString()!;
            }

            Compare(method, then, answer);
            replayed++;
        }

        Assert.Equal(34, replayed);

        // The daemon keeps its own files private; what an agent that it starts writes is the user's to share.
        var transcript = Directory.GetFiles(Path.Combine(Sandbox.Home, ".claude", "projects"), "*.jsonl", SearchOption.AllDirectories).Single();
        Assert.True(File.GetUnixFileMode(transcript).HasFlag(UnixFileMode.GroupRead), File.GetUnixFileMode(transcript).ToString());
        Sandbox.Tell($"{replayed} of {replayed} exchanges answered as recorded");
        await Eventually.True("the daemon to be gone", RealProcess.UsualDeadline, () => !File.Exists(SocketPath));
    }

    [Fact]
    public async Task Several_requests_on_one_connection_are_answered_and_nonsense_is_ignored()
    {
        await Agentctl(withDaemon: true).Run("list");
        using var connection = await Connection.Open(SocketPath);
        await connection.Send("nonsense\n{\"no\":\"method\"}\n[1]\n{\"id\":\"a\",\"method\":\"daemon.sta");
        await connection.Send("tus\"}\n{\"id\":\"b\",\"method\":\"session.list\",\"params\":{\"all\":true}}\n{\"id\":\"c\",\"method\":\"lock.acquire\",\"params\":{}}\n");
        var answers = new Dictionary<string, JsonElement>();
        while (answers.Count < 3)
        {
            var answer = await connection.Next();
            answers[answer.GetProperty("id").GetString()!] = answer;
        }

        Assert.Equal(["fuses", "locks", "pid", "sessions", "uptime"], answers["a"].GetProperty("result").EnumerateObject().Select(key => key.Name).Order());
        Assert.Equal(0, answers["b"].GetProperty("result").GetArrayLength());
        Assert.Equal(("ERR", "lock.acquire needs \"directory\""), (answers["c"].GetProperty("error").GetProperty("code").GetString(), answers["c"].GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public async Task W30_client_that_leaves_during_an_answer_hurts_nobody()
    {
        var agentctl = Agentctl(withDaemon: true);
        await agentctl.Run("list");
        for (var i = 0; i < 20; i++)
        {
            using var leaving = await Connection.Open(SocketPath);
            await leaving.Send("{\"id\":\"1\",\"method\":\"session.list\",\"params\":{\"all\":true}}\n");
        }

        using var connection = await Connection.Open(SocketPath);
        Assert.Equal(JsonValueKind.Array, (await connection.Ask("{\"id\":\"1\",\"method\":\"session.list\"}")).GetProperty("result").ValueKind);
    }

    [Fact]
    public async Task W33_first_start_takes_over_manual_locks_and_fuses_once_and_believes_nothing_else()
    {
        var (mine, gone, fused, script) = (Sandbox.Folder("mine"), Path.Combine(Sandbox.Root, "gone"), Sandbox.Folder("fused"), Sandbox.Folder("script"));
        var now = DateTimeOffset.UtcNow;
        var locks = Sandbox.HomeFile(".agentctl/locks.json", $$"""
            [{"directory":"{{mine}}","type":"manual","lockedBy":"ann","reason":"by hand","lockedAt":"2026-11-21T06:40:11.102Z"},
             {"directory":"{{gone}}","type":"manual","lockedBy":"ann","lockedAt":"2026-11-21T06:40:11.102Z"},
             {"directory":"{{fused}}","type":"auto","pid":1,"sessionId":"x","lockedAt":"2026-11-21T06:40:11.102Z"}, 7]
            """);
        Sandbox.HomeFile(".agentctl/fuses.json", $$$"""
            [{"directory":"{{{fused}}}","ttlMs":600000,"expiresAt":"{{{now.AddHours(2):O}}}","sessionId":"s-1","label":"mine"},
             {"directory":"{{{script}}}","ttlMs":600000,"expiresAt":"{{{now.AddMinutes(-1):O}}}","sessionId":"s-2","onExpire":{"script":"echo fired >> fired; env > env"}},
             {"directory":"{{{mine}}}","ttlMs":600000,"expiresAt":"{{{now.AddDays(-3):O}}}","sessionId":"s-3","onExpire":{"script":"touch never"}},
             {"directory":"{{{mine}}}","ttlMs":14400000,"expiresAt":"{{{now.AddHours(1):O}}}","sessionId":"s-4","label":"lifecycle:claude-code:11111111"}]
            """);
        var state = Sandbox.HomeFile(".agentctl/state.json", """{"sessions":{"ghost":{"id":"ghost","adapter":"claude-code","status":"running","startedAt":"2026-11-21T06:40:11.102Z","pid":1,"meta":{}}},"version":1}""");
        var before = (await File.ReadAllTextAsync(locks, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(state, TestContext.Current.CancellationToken));

        var agentctl = Agentctl(withDaemon: true);
        Assert.Equal("[]\n", (await agentctl.Run("list", "-a", "--json")).Output);
        using var held = JsonDocument.Parse((await agentctl.Run("locks", "--json")).Output);
        var row = Assert.Single(held.RootElement.EnumerateArray());
        Assert.Equal((mine, "manual", "ann", "by hand", "2026-11-21T06:40:11.102Z"), (
            row.GetProperty("directory").GetString(), row.GetProperty("type").GetString(), row.GetProperty("lockedBy").GetString(), row.GetProperty("reason").GetString(), row.GetProperty("lockedAt").GetString()));
        using var fuses = JsonDocument.Parse((await agentctl.Run("fuses", "--json")).Output);
        Assert.Equal([fused], fuses.RootElement.EnumerateArray().Select(fuse => fuse.GetProperty("directory").GetString()).Where(found => found != script));
        await Eventually.True("the fuse that was due", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(script, "env")));

        // Given back is given back, however often it starts again; what fired does not fire again.
        Assert.Equal(0, (await agentctl.Run("unlock", mine)).ExitCode);
        Assert.Equal(0, (await agentctl.Run("daemon", "restart")).ExitCode);
        Assert.Equal("[]\n", (await agentctl.Run("locks", "--json")).Output);
        Assert.Equal("fired\n", await File.ReadAllTextAsync(Path.Combine(script, "fired"), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Path.Combine(mine, "never")));
        Assert.Equal(before, (await File.ReadAllTextAsync(locks, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(state, TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[{")]
    [InlineData("")]
    public async Task W33_files_that_make_no_sense_stop_nothing(string content)
    {
        Sandbox.HomeFile(".agentctl/locks.json", content);
        Sandbox.HomeFile(".agentctl/fuses.json", content);
        var agentctl = Agentctl(withDaemon: true);
        var listed = await agentctl.Run("list", "--json");
        Assert.Equal((0, "[]\n", ""), (listed.ExitCode, listed.Output, listed.Error));
        Assert.Equal(content, await File.ReadAllTextAsync(Path.Combine(Sandbox.AgentctlHome, "locks.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Living_node_daemon_is_not_joined_and_what_to_do_is_said()
    {
        Directory.CreateDirectory(Sandbox.AgentctlHome);
        using var node = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        node.Bind(new UnixDomainSocketEndPoint(SocketPath));
        node.Listen();

        var agentctl = Agentctl(withDaemon: true);
        var refused = await agentctl.Run("daemon", "start");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"a daemon of the Node agentctl (pid {Environment.ProcessId}) serves", refused.Error, StringComparison.Ordinal);
        Assert.Contains("agentctl daemon stop", refused.Error, StringComparison.Ordinal);

        // What needs no daemon works beside it.
        var listed = await agentctl.Run("list", "--json");
        Assert.Equal((0, "[]\n"), (listed.ExitCode, listed.Output));
        Assert.True(File.Exists(SocketPath));
        node.Dispose();
        Assert.Equal(0, (await agentctl.Run("daemon", "start")).ExitCode);
    }

    [Fact]
    public async Task W35_fuse_of_a_hundred_days_does_not_fire_and_one_of_a_moment_does_once()
    {
        var (far, near) = (Sandbox.Folder("far"), Sandbox.Folder("near"));
        var agentctl = Agentctl(withDaemon: true);
        Assert.Equal(0, (await agentctl.Run("fuse", "set", far, "--ttl", "2400h", "--script", "touch fired")).ExitCode);
        Assert.Equal(0, (await agentctl.Run("fuse", "set", near, "--ttl", "300ms", "--script", "echo fired >> fired", "--label", "soon")).ExitCode);
        await Eventually.True("the fuse", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(near, "fired")));
        await Eventually.See("one fuse", RealProcess.UsualDeadline, () => agentctl.Quietly("fuses", "--json"), seen => JsonDocument.Parse(seen.Output).RootElement.GetArrayLength() == 1);
        Assert.Equal(0, (await agentctl.Run("daemon", "restart")).ExitCode);
        Assert.Equal("fired\n", await File.ReadAllTextAsync(Path.Combine(near, "fired"), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(Path.Combine(far, "fired")));

        Assert.Equal(0, (await agentctl.Run("fuse", "extend", far, "--ttl", "1h")).ExitCode);
        Assert.Equal(0, (await agentctl.Run("fuse", "cancel", far)).ExitCode);
        var none = await agentctl.Run("fuse", "extend", far);
        Assert.Equal(4, none.ExitCode);
        Assert.StartsWith("No active fuse for directory: ", none.Error, StringComparison.Ordinal);
        Assert.Equal("No fuse is set.\n", (await agentctl.Run("fuses")).Output);
    }

    [Fact]
    public async Task Fuse_that_ran_out_while_no_daemon_lived_fires_when_one_does()
    {
        var near = Sandbox.Folder("near");
        var agentctl = Agentctl(withDaemon: true);
        Assert.Equal(0, (await agentctl.Run("fuse", "set", near, "--ttl", "5s", "--script", "echo fired >> fired")).ExitCode);
        Assert.Equal(0, (await agentctl.Run("daemon", "stop")).ExitCode);
        await Task.Delay(TimeSpan.FromSeconds(5.2), TestContext.Current.CancellationToken);
        Assert.False(File.Exists(Path.Combine(near, "fired")));
        await agentctl.Run("list");
        await Eventually.True("the fuse", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(near, "fired")));
    }

    private static void Compare(string method, JsonElement then, JsonElement now)
    {
        if (then.TryGetProperty("error", out var refused))
        {
            var was = refused.GetProperty("message").GetString()!;
            var says = now.TryGetProperty("error", out var refusal) ? refusal.GetProperty("message").GetString()! : $"(no error: {now})";

            // The adapter is looked at before the directory here: it cannot be launched at all.
            var beginning = was switch
            {
                _ when method == "session.launch" && was.StartsWith("Directory in use", StringComparison.Ordinal) && says.Contains("nothing", StringComparison.Ordinal) => "nothing sessions cannot be launched",
                _ when was.StartsWith("Directory locked by ann", StringComparison.Ordinal) => "Directory locked by ann",
                _ when was.StartsWith("Directory in use by session ", StringComparison.Ordinal) => "Directory in use by session ",
                _ when was.StartsWith("Session not found: nobody", StringComparison.Ordinal) => "Session not found: nobody",
                _ when was.StartsWith("Already manually locked by ann", StringComparison.Ordinal) => "Already manually locked by ann",
                _ => was.Split(": ")[0].Split(" on /")[0],
            };
            Assert.StartsWith(beginning.Split("{directory}")[0], says, StringComparison.Ordinal);
            Assert.Equal("ERR", now.GetProperty("error").GetProperty("code").GetString());
            return;
        }

        Assert.True(now.TryGetProperty("result", out var result), $"{method} was answered, and now: {now}");
        SameKind(method, then.GetProperty("result"), result, "");
    }

    private static void SameKind(string method, JsonElement then, JsonElement now, string at)
    {
        Assert.True(then.ValueKind == now.ValueKind, $"{method}{at} was {then.ValueKind} and is {now.ValueKind}: {now}");
        if (then.ValueKind == JsonValueKind.Array)
        {
            Assert.True(then.GetArrayLength() == now.GetArrayLength(), $"{method}{at} had {then.GetArrayLength()} and has {now.GetArrayLength()}: {now}");
            foreach (var (was, value) in then.EnumerateArray().Zip(now.EnumerateArray()))
            {
                SameKind(method, was, value, at + "[]");
            }
        }
        else if (then.ValueKind == JsonValueKind.Object)
        {
            foreach (var key in then.EnumerateObject())
            {
                // Its own words: where it kept its log, and what it called the directory. A spec has a key of its own here.
                if (key.Name is "logPath" or "projectDir" or "spec" && at.EndsWith(".meta", StringComparison.Ordinal))
                {
                    continue;
                }

                Assert.True(now.TryGetProperty(key.Name, out var value), $"{method}{at} had \"{key.Name}\": {now}");
                SameKind(method, key.Value, value, $"{at}.{key.Name}");
            }
        }
        else if (at.EndsWith(".status", StringComparison.Ordinal))
        {
            // The Node tool had one word for all that lives.
            Assert.Equal(then.GetString(), now.GetString() is "idle" or "waiting" or "starting" ? "running" : now.GetString());
        }
        else if ( at.EndsWith(".type", StringComparison.Ordinal) || at.EndsWith(".adapter", StringComparison.Ordinal) || at.EndsWith(".group", StringComparison.Ordinal))
        {
            Assert.Equal(then.GetString(), now.GetString());
        }
    }

    private sealed class Connection(Socket socket) : IDisposable
    {
        private readonly StringBuilder rest = new();

        public static async Task<Connection> Open(string path)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
            return new Connection(socket);
        }

        public async Task<JsonElement> Ask(string line)
        {
            await Send(line + "\n");
            return await Next();
        }

        public async Task Send(string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text), SocketFlags.None, TestContext.Current.CancellationToken);

        public async Task<JsonElement> Next()
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            deadline.CancelAfter(RealProcess.UsualDeadline);
            var buffer = new byte[65536];
            while (true)
            {
                var text = rest.ToString();
                if (text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var feed)
                {
                    rest.Remove(0, feed + 1);
                    return JsonDocument.Parse(text[..feed]).RootElement;
                }

                var received = await socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token);
                Assert.True(received > 0, "the daemon closed the connection");
                rest.Append(Encoding.UTF8.GetString(buffer, 0, received));
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
