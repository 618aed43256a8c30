using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class GatewayPlaceTests
{
    [Fact]
    public async Task Config_as_people_write_it_is_read()
    {
        await using var home = new GatewayHome();
        home.Config(
            """
            // ours
            {
              gateway: { port: 0x4A39, auth: { 'mode': 'token', token: 'it\'s ${MY_TOKEN} $${LITERAL}', }, /* why */ },
              "other": [ +1, .5, Infinity, ], "url": "http://a//b",
            }
            """);
        home.Variables["MY_TOKEN"] = "resolved";
        var place = Place(home);
        Assert.Equal(("it's resolved ${LITERAL}", 0x4A39, null), (place.Token, place.Address.Port, place.Config.Problem));
    }

    [Fact]
    public async Task Token_is_taken_from_the_environment_then_our_configuration_then_the_gateways()
    {
        await using var home = new GatewayHome();
        home.Config("""{ "gateway": { "auth": { "token": "theirs" } } }""");
        Assert.Equal("theirs", Place(home).Token);
        Assert.Equal("ours", Place(home, new OpenClawSettings(Token: "ours")).Token);
        home.Variables["OPENCLAW_GATEWAY_TOKEN"] = "environment";
        Assert.Equal("environment", Place(home, new OpenClawSettings(Token: "ours")).Token);
    }

    [Fact]
    public async Task Token_of_this_machine_is_not_sent_to_a_url()
    {
        await using var home = new GatewayHome();
        home.Config("""{ "gateway": { "auth": { "token": "theirs" } } }""");
        Assert.Null(Place(home, new OpenClawSettings(Url: "ws://127.0.0.1:1")).Token);
    }

    [Fact]
    public async Task Token_in_the_gateways_env_file_or_a_reference_to_the_environment_is_resolved()
    {
        await using var home = new GatewayHome();
        home.Config("""{ "gateway": { "auth": { "token": { "source": "env", "provider": "default", "id": "GW" } } } }""");
        Assert.Contains("secret reference (source env) that agentctl cannot resolve", Place(home).Config.Problem);
        await File.WriteAllTextAsync(System.IO.Path.Combine(home.State, ".env"), "# secrets\nGWX=no\nexport GW=\"from-file\"\n");
        Assert.Equal("from-file", Place(home).Token);
    }

    [Fact]
    public async Task Gateways_of_our_configuration_are_adapters_of_their_own()
    {
        await using var own = ScriptedGateway.Start(null, ScriptedRows.Chat("here"));
        var other = ScriptedGateway.Start(new GatewayScript { Token = "of-the-lab" }, ScriptedRows.Chat("there", isRunning: true));
        await using var home = GatewayHome.For(own);
        var named = new OpenClawSettings(Url: other.Url) { Name = "lab", TokenFile = "~/lab-token" };
        await File.WriteAllTextAsync(System.IO.Path.Combine(home.Path, "lab-token"), "of-the-lab\n", TestContext.Current.CancellationToken);
        home.Variables["OPENCLAW_GATEWAY_PORT"] = $"{own.Port}";

        await using (other)
        {
            Assert.Equal(("openclaw", "agent:main:here"), Only(await home.Look()));
            Assert.Equal(("openclaw-lab", "agent:main:there"), Only(await home.Look(settings: named)));
            Assert.Contains("LAB_TOKEN, which holds none", await home.CannotLook(settings: named with { TokenFile = null, TokenVariable = "LAB_TOKEN" }), StringComparison.Ordinal);
        }

        // That nothing of this machine holds a lock proves nothing about it.
        Assert.Contains("that says nothing of its sessions", await home.CannotLook(settings: named), StringComparison.Ordinal);

        static (string, string) Only(AdapterAnswer answer) => (Assert.Single(answer.Sightings).Adapter, answer.Sightings[0].Id);
    }

    [Fact]
    public async Task Broken_config_is_named_with_its_line()
    {
        await using var home = new GatewayHome();
        home.Config("{\n  gateway: {\n    port 1\n");
        Assert.Contains("~/.openclaw/openclaw.json is not valid JSON5 (line ", Place(home).Config.Problem);
    }

    [Fact]
    public async Task State_and_config_move_with_the_gateways_own_variables()
    {
        await using var home = new GatewayHome();
        home.Variables["OPENCLAW_STATE_DIR"] = "~/elsewhere";
        Directory.CreateDirectory(System.IO.Path.Combine(home.Path, "elsewhere"));
        await File.WriteAllTextAsync(System.IO.Path.Combine(home.Path, "elsewhere", "openclaw.json"), """{ "gateway": { "port": 4711 } }""");
        Assert.Equal(4711, Place(home).Address.Port);
        home.Variables["OPENCLAW_CONFIG_PATH"] = "~/other.json";
        await File.WriteAllTextAsync(System.IO.Path.Combine(home.Path, "other.json"), """{ "gateway": { "port": 4712 } }""");
        Assert.Equal(4712, Place(home).Address.Port);
    }

    [Fact]
    public async Task Living_gateway_is_asked_on_the_port_of_its_lock()
    {
        await using var home = new GatewayHome();
        home.Config("""{ "gateway": { "port": 4711 } }""");
        Assert.Equal(19000, GatewayPlace.Find(home.Environment, OpenClawSettings.None, _ => 19000).Address.Port);
    }

    [Fact]
    public void Settings_do_not_print_their_token()
    {
        Assert.DoesNotContain("secret", new OpenClawSettings(Token: "secret").ToString());
    }

    private static GatewayPlace Place(GatewayHome home, OpenClawSettings? settings = null) => GatewayPlace.Find(home.Environment, settings ?? OpenClawSettings.None, _ => null);
}
