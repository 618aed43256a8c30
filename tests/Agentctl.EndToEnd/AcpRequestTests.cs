using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Requests for ACP sessions on the daemon's socket: every body is answered, and an agent that fails is no failure of the server.</summary>
public sealed class AcpRequestTests : BothWays
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "1e308", "1e400", "9223372036854775808", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"../../x\"", "\"/\"", "{}", "{\"a\":null}", "{\"a\":1}", "{\"a\":\"b\"}",
        "[]", "[null]", "[\"\"]", "[[]]", "[1]",
    ];

    /// <summary>The status and the type that docs/specs/api.md promises for each kind of failing agent.</summary>
    [Theory]
    [InlineData("good", 200, null)]
    [InlineData("missing", 409, "/problems/agent-missing")]
    [InlineData("locked", 409, "/problems/auth-required")]
    [InlineData("ends", 502, "/problems/agent-failed")]
    [InlineData("babbles", 502, "/problems/agent-failed")]
    [InlineData("unknown", 400, "/problems/bad-request")]
    public async Task Failing_agent_is_no_failure_of_the_server(string agent, int status, string? type)
    {
        using var http = await Open();

        var (answered, problem) = await Post(http, "/v1/acp/sessions", $$"""{"agent":"{{agent}}","cwd":"{{Sandbox.Work}}"}""");

        Assert.Equal((status, type), (answered, problem?.GetProperty("type").GetString()));
    }

    /// <summary>Many of these start an agent, which takes a debug build too long for a quick run.</summary>
    [Fact]
    [Trait("Build", "Published")]
    public async Task Every_body_of_a_new_session_is_answered()
    {
        using var http = await Open();
        using var openApi = JsonDocument.Parse(await http.GetStringAsync("/v1/openapi.json"));
        var (sent, wrong) = (0, new List<string>());
        foreach (var field in openApi.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("AcpSessionOrder").GetProperty("properties").EnumerateObject().Select(static property => property.Name))
        {
            foreach (var body in Values.Select(value => $$"""{"{{field}}":{{value}}}""").Append("{}"))
            {
                sent++;
                var (status, problem) = await Post(http, "/v1/acp/sessions", body);
                var detail = problem?.GetProperty("detail").GetString() ?? "";
                if (status is not (200 or 400 or 409 or 502) || (status == 400 && !detail.Contains(field, StringComparison.Ordinal) && !detail.Contains(Singular(field), StringComparison.OrdinalIgnoreCase)))
                {
                    wrong.Add($"{body}: {status} {detail}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {sent}:\n{string.Join('\n', wrong)}");
        Assert.Equal(0, (await Agentctl(withDaemon: true).Run("sessions", "list", "--all")).ExitCode);
    }

    /// <summary>The word by which a sentence names a field.</summary>
    private static string Singular(string field) => field switch { "additionalDirectories" or "cwd" => "director", "modeId" => "mode", "options" => "option", _ => field };

    private static async Task<(int Status, JsonElement? Problem)> Post(HttpClient http, string path, string body)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(path, content, deadline.Token);
        var text = await response.Content.ReadAsStringAsync(deadline.Token);
        return ((int)response.StatusCode, response.StatusCode == HttpStatusCode.OK ? null : JsonDocument.Parse(text).RootElement);
    }

    private async Task<HttpClient> Open()
    {
        var scripted = Path.Combine(AgentctlCli.Folder, "agentctl-scripted-agent");
        Directory.CreateDirectory(Sandbox.AgentctlHome, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(Sandbox.AgentctlHome, "config.json"), $$$"""
            {"acp_agent": "good", "acp_agents": {
              "good": {"argv": ["{{{scripted}}}", "acp"]},
              "locked": {"argv": ["{{{scripted}}}", "acp", "--auth", "NO_SUCH_VARIABLE"]},
              "missing": {"argv": ["/nowhere/agent"]},
              "ends": {"argv": ["/bin/true"]},
              "babbles": {"argv": ["/bin/echo", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}"]}
            } }
            """);
        Assert.Equal(0, (await Agentctl(withDaemon: true).Run("daemon", "start")).ExitCode);
        var path = Path.Combine(Sandbox.AgentctlHome, "daemon.sock");
        return new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost") };
    }
}
