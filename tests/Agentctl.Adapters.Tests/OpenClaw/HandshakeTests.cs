using System.Text.Json.Nodes;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData(GatewayFault.HangAfterAccept, "accepted the connection and then said nothing")]
    [InlineData(GatewayFault.CloseAfterAccept, "closed the connection before the handshake")]
    [InlineData(GatewayFault.NotFound, "it answered \"HTTP/1.1 404 Not Found\"")]
    [InlineData(GatewayFault.Draining, "it is stopping or restarting, and lets its runs finish first")]
    [InlineData(GatewayFault.NotHttp, "does not speak HTTP")]
    [InlineData(GatewayFault.HangAfterUpgrade, "sent no challenge within")]
    [InlineData(GatewayFault.CloseAfterUpgrade, "(1001: service restart)")]
    [InlineData(GatewayFault.GarbageText, "sent a text that is not JSON")]
    [InlineData(GatewayFault.GarbageFrame, "sent a frame that breaks the WebSocket protocol")]
    [InlineData(GatewayFault.BinaryFrame, "sent a binary frame")]
    [InlineData(GatewayFault.ChallengeWithoutNonce, "sent a challenge without nonce or time")]
    [InlineData(GatewayFault.HangAfterChallenge, "did not answer connect within")]
    [InlineData(GatewayFault.CloseAfterChallenge, "(1001: service restart)")]
    [InlineData(GatewayFault.HangOnList, "did not answer sessions.list within")]
    [InlineData(GatewayFault.CloseOnList, "closed the connection before it had answered")]
    public async Task Gateway_that_misbehaves_is_a_clear_cannot_look(GatewayFault fault, string expected)
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { Fault = fault });
        await using var home = GatewayHome.For(gateway);
        var message = await home.CannotLook(GatewayHome.Short);
        Assert.Contains(expected, message);
        Assert.Contains(gateway.Url, message);
        Assert.DoesNotContain(gateway.Script.Token, message);
    }

    [Fact]
    public async Task Frame_without_end_is_not_read_into_memory_for_ever()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { Fault = GatewayFault.EndlessFrame });
        await using var home = GatewayHome.For(gateway);
        Assert.Contains("sent a frame of more than 32 MB", await home.CannotLook());
    }

    [Fact]
    public async Task Wrong_token_says_where_it_came_from_and_never_what_it_is()
    {
        await using var gateway = ScriptedGateway.Start();
        await using var home = GatewayHome.For(gateway, token: "not-the-right-secret");
        var message = await home.CannotLook();
        Assert.Contains("refused the token", message);
        Assert.Contains("came from ~/.openclaw/openclaw.json", message);
        Assert.DoesNotContain("not-the-right-secret", message);
    }

    [Fact]
    public async Task Missing_token_says_what_to_set()
    {
        await using var gateway = ScriptedGateway.Start();
        await using var home = new GatewayHome();
        home.Config($$"""{ gateway: { port: {{gateway.Port}}, auth: { token: "${NOWHERE_SET}" } } }""");
        var message = await home.CannotLook();
        Assert.Contains("wants a token and none was found; set OPENCLAW_GATEWAY_TOKEN", message);
        Assert.Contains("${NOWHERE_SET}, which is not set here", message);
    }

    [Fact]
    public async Task Other_protocol_names_both_versions()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { Protocol = 5 });
        await using var home = GatewayHome.For(gateway);
        Assert.Contains("speaks protocol 5, agentctl speaks 4", await home.CannotLook());
    }

    [Fact]
    public async Task Missing_scope_says_what_to_approve()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { Scopes = [] });
        await using var home = GatewayHome.For(gateway);
        home.Variables["AGENTCTL_HOME"] = System.IO.Path.Combine(home.Path, "ours");
        Assert.Contains("without operator.read; approve its device", await home.CannotLook());
    }

    [Fact]
    public async Task Gateway_that_is_starting_up_is_asked_again()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { StartingUpTimes = 2 }, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        Assert.Single((await home.Look()).Sightings);
        Assert.Equal(3, gateway.Accepted);
    }

    [Fact]
    public async Task Gateway_that_does_not_come_up_in_time_is_a_clear_cannot_look()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { StartingUpTimes = 1000 });
        await using var home = GatewayHome.For(gateway);
        Assert.Contains("is not ready yet (startup-sidecars)", await home.CannotLook(GatewayHome.Long with { Look = TimeSpan.FromSeconds(2) }));
    }

    [Fact]
    public async Task Device_key_is_made_only_when_demanded_kept_private_and_signs_the_challenge()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        var file = System.IO.Path.Combine(home.Path, ".agentctl", "identity", "device.json");
        await home.Look();
        Assert.False(File.Exists(file));

        gateway.Script = gateway.Script with { WantsDevice = true };
        await home.Look();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
        var first = await File.ReadAllTextAsync(file);
        await home.Look();
        Assert.Equal(first, await File.ReadAllTextAsync(file));

        var device = JsonNode.Parse(gateway.Received.Last(frame => frame.Contains("\"device\"")))!["params"]!["device"]!;
        var key = JsonNode.Parse(first)!;
        Assert.Equal((string)key["deviceId"]!, (string)device["id"]!);
        var seed = Convert.FromBase64String(string.Concat(((string)key["privateKeyPem"]!).Split('\n').Where(line => !line.StartsWith('-'))))[16..];
        var text = $"v3|{key["deviceId"]}|gateway-client|backend|operator|operator.read|1795225164427|{gateway.Script.Token}|bf312943-db1c-40e0-a2ee-b22abd5170a9|linux|";
        Assert.Equal(
            Convert.ToBase64String(Ed25519.Sign(seed, System.Text.Encoding.UTF8.GetBytes(text))).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
            (string)device["signature"]!);
    }

    [Theory]
    [InlineData("wss://gateway.example", "does not speak wss yet")]
    [InlineData("ws://192.0.2.7:18789", "the token would cross the network in the clear")]
    [InlineData("not an address", "is not an address like ws://127.0.0.1:18789")]
    public async Task Address_that_is_not_looked_at_says_what_to_do(string url, string expected)
    {
        await using var home = new GatewayHome();
        Assert.Contains(expected, await home.CannotLook(settings: new OpenClawSettings(Url: url, Token: "x")));
    }
}
