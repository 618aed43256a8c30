using Agentctl.Core;
using Xunit;

namespace Agentctl.Client.Tests;

public sealed class PlacesHashTests
{
    private static readonly AgentEnvironment Plain = Of();

    [Fact]
    public void Equal_places_have_equal_hashes() =>
        Assert.Equal(DaemonProtocol.PlacesHash(Plain), DaemonProtocol.PlacesHash(Of(("PATH", "/other"), ("CODEX_HOME", ""))));

    [Fact]
    public void Every_place_variable_counts()
    {
        var hashes = AgentEnvironment.PlaceVariables
            .Select(name => DaemonProtocol.PlacesHash(name == "HOME" ? new AgentEnvironment("/x", new Dictionary<string, string>()) : Of((name, "/x"))))
            .Append(DaemonProtocol.PlacesHash(Plain));
        Assert.Equal(AgentEnvironment.PlaceVariables.Count + 1, hashes.Distinct().Count());
    }

    [Fact]
    public void Relative_path_means_the_callers_directory() =>
        Assert.Equal(
            DaemonProtocol.PlacesHash(Of(("CODEX_HOME", Path.Combine(Environment.CurrentDirectory, "here")))),
            DaemonProtocol.PlacesHash(Of(("CODEX_HOME", "./here/../here"))));

    private static AgentEnvironment Of(params ReadOnlySpan<(string Name, string Value)> variables) =>
        new("/home/ada", variables.ToArray().ToDictionary(variable => variable.Name, variable => variable.Value));
}
