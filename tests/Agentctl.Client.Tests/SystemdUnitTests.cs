using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Client.Tests;

public sealed class SystemdUnitTests
{
    [Fact]
    public void Unit_text_is_as_recorded()
    {
        var environment = new AgentEnvironment("/home/ada", new Dictionary<string, string>
        {
            ["AGENTCTL_HOME"] = "/srv/100%/agent \"ctl\"",
            ["CODEX_HOME"] = "/srv/codex",
            ["OPENCLAW_GATEWAY_URL"] = "ws://ada:secret@127.0.0.1:18789",
            ["PATH"] = "/usr/bin:/bin",
            ["ANTHROPIC_API_KEY"] = "secret",
        });

        var text = SystemdUnit.Text("/home/ada/.local/bin/$x/agentctld", environment);

        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        GoldenFile.Matches("tests/Agentctl.Client.Tests/agentctld.service", text);
    }

    [Fact]
    public void Unit_lies_where_systemd_looks()
    {
        Assert.Equal("/home/ada/.config/systemd/user/agentctld.service", SystemdUnit.PathIn(new AgentEnvironment("/home/ada", new Dictionary<string, string>())));
        Assert.Equal(
            "/etc/ada/systemd/user/agentctld.service",
            SystemdUnit.PathIn(new AgentEnvironment("/home/ada", new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = "/etc/ada" })));
    }
}
