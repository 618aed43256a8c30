using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>
/// An <c>opencode serve</c> (or a TUI with a port): a process that has OpenCode's database open and takes connections on the loopback.
/// What runs in it, it alone knows and tells (tried with 1.18.33). The kernel says which process it is; no port is guessed.
/// </summary>
internal sealed class OpenCodeServer(ProcessEntry process, int port, AgentEnvironment environment)
{
    private const int AnswerLimitBytes = 16 << 20;
    private const int PatienceMs = 1500;

    public ProcessEntry Process => process;

    public string Address => $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The first of its ports that answers as OpenCode does; null when none does. Throws nothing for the state of the world.</summary>
    /// <param name="busy">The sessions it works on.</param>
    /// <param name="problem">Why it could not be asked.</param>
    public static OpenCodeServer? Find(ProcessEntry process, AgentEnvironment environment, out IReadOnlyList<string> busy, out string? problem)
    {
        (busy, problem) = ([], null);
        foreach (var port in ListeningPorts.Of(process.Pid))
        {
            var server = new OpenCodeServer(process, port, environment);
            if (server.Ask("GET", "/session/status", null, out var status) is { } answer && status == 200 && RecordFiles.Parse(answer) is { } sessions)
            {
                busy = [.. sessions.EnumerateObject().Where(static one => one.Value.Text("type") is "busy" or "retry").Select(static one => one.Name)];
                return server;
            }

            problem = status == 401
                ? $"the OpenCode server at {server.Address} (pid {process.Pid}) wants a password: set OPENCODE_SERVER_PASSWORD (and OPENCODE_SERVER_USERNAME) where agentctl runs"
                : problem;
        }

        return null;
    }

    /// <summary>Whether it works on a session now; null when it does not answer.</summary>
    public bool? IsBusy(string session) =>
        Ask("GET", "/session/status", null, out var status) is { } answer && status == 200 && RecordFiles.Parse(answer) is { } sessions
            ? sessions.Member(session)?.Text("type") is "busy" or "retry"
            : null;

    /// <summary>Ends the turn in progress.</summary>
    public bool Abort(string session) => Ask("POST", $"/session/{session}/abort", "{}", out var status) is not null && status is >= 200 and < 300;

    /// <summary>Gives a session another message, to be worked on after what it works on now.</summary>
    public bool Say(string session, string text) =>
        Ask("POST", $"/session/{session}/prompt_async", $$"""{"parts":[{"type":"text","text":"{{JsonEncodedText.Encode(text)}}"}]}""", out var status) is not null && status is >= 200 and < 300;

    private byte[]? Ask(string method, string path, string? body, out int status)
    {
        status = 0;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = PatienceMs, ReceiveTimeout = PatienceMs };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(Encoding.UTF8.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAccept: application/json\r\n{Authorization()}"
                + (body is null ? "\r\n" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}")));
            return Received(socket, out status);
        }
        catch (SocketException)
        {
            // It has just ended, or does not speak HTTP there.
            return null;
        }
    }

    private string Authorization() => environment["OPENCODE_SERVER_PASSWORD"] is { Length: > 0 } password
        ? $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{environment["OPENCODE_SERVER_USERNAME"] ?? "opencode"}:{password}"))}\r\n"
        : "";

    /// <summary>Until its end: the connection is closed after one answer.</summary>
    private static byte[]? Received(Socket socket, out int status)
    {
        status = 0;
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (socket.Receive(buffer) is > 0 and var length)
        {
            all.Write(buffer, 0, length);
            if (all.Length > AnswerLimitBytes)
            {
                return null;
            }
        }

        var answer = all.ToArray();
        var head = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        if (head < 0 || Encoding.ASCII.GetString(answer, 0, head).Split("\r\n") is not [var first, .. var headers] || first.Split(' ') is not [_, var code, ..]
            || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out status))
        {
            return null;
        }

        var rest = answer.AsMemory(head + 4);
        return headers.Any(static header => header.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase) && header.EndsWith("chunked", StringComparison.OrdinalIgnoreCase))
            ? Unchunked(rest)
            : rest.ToArray();
    }

    private static byte[]? Unchunked(ReadOnlyMemory<byte> rest)
    {
        using var whole = new MemoryStream();
        while (rest.Span.IndexOf("\r\n"u8) is >= 0 and var end
            && int.TryParse(Encoding.ASCII.GetString(rest.Span[..end]).Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length) && rest.Length >= end + 2 + length)
        {
            if (length == 0)
            {
                return whole.ToArray();
            }

            whole.Write(rest.Span.Slice(end + 2, length));
            rest = rest[Math.Min(rest.Length, end + 4 + length)..];
        }

        return null;
    }
}
