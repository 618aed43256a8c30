using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Architecture.Tests;

/// <summary>docs/launch.md lists what agents do not inherit.</summary>
public sealed class LaunchPageTests
{
    private static readonly string Section = File.ReadAllText(Path.Combine(Repository.Root, "docs", "launch.md")).Split("\n## What an agent does not inherit\n")[1].Split("\n## ")[0];

    [Fact]
    public void Every_withheld_variable_is_listed_with_its_reason() =>
        Assert.All(
            InheritedEnvironment.Withheld,
            rule => Assert.Contains(Section.Split('\n'), line => line.Contains($"`{rule.Name}`", StringComparison.Ordinal) && line.Contains(rule.Reason, StringComparison.Ordinal)));
}
