using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Architecture.Tests;

/// <summary>Who may import whom (ARCHITECTURE.md), read from the built assemblies: what a project file allows but no code uses is no arrow.</summary>
public sealed partial class ArrowsTests
{
    /// <summary>Each project, and all it may import of ours.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Agentctl.Core"] = [],
        ["Agentctl.Acp"] = [],
        ["Agentctl.Platform"] = ["Agentctl.Core"],
        ["Agentctl.Adapters"] = ["Agentctl.Core", "Agentctl.Platform"],
        ["Agentctl.Launches"] = ["Agentctl.Core", "Agentctl.Platform"],
        ["Agentctl.Shim"] = ["Agentctl.Core", "Agentctl.Platform"],
        ["Agentctl.Sessions"] = ["Agentctl.Core", "Agentctl.Platform", "Agentctl.Acp", "Agentctl.Adapters", "Agentctl.Launches"],
        ["Agentctl.Client"] = ["Agentctl.Core", "Agentctl.Platform"],
        ["Agentctl.Daemon"] = ["Agentctl.Core", "Agentctl.Platform", "Agentctl.Acp", "Agentctl.Adapters", "Agentctl.Launches", "Agentctl.Sessions"],
        ["Agentctl.Cli"] = ["Agentctl.Core", "Agentctl.Platform", "Agentctl.Acp", "Agentctl.Adapters", "Agentctl.Launches", "Agentctl.Sessions", "Agentctl.Client"],
        ["Agentctl.ScriptedAgent"] = ["Agentctl.Acp"],
    };

    private static readonly string Source = Path.Combine(Repository.Root, "src");

    public static TheoryData<string> Projects => [.. Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
        .Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_imports_only_along_the_arrows(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} has no place in ARCHITECTURE.md's arrows: give it one");
        using var file = File.OpenRead(AssemblyOf(project));
        using var assembly = new PEReader(file);
        var metadata = assembly.GetMetadataReader();

        var imports = metadata.AssemblyReferences
            .Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))
            .Where(name => Allowed.ContainsKey(name) || name is "agentctl" or "agentctld" or "agentctl-shim");

        Assert.Empty(imports.Except(Allowed[project]));
    }

    [Fact]
    public void Adapters_do_not_know_each_other()
    {
        var adapters = Path.Combine(Source, "Agentctl.Adapters");
        var agents = Directory.GetDirectories(adapters).Select(Path.GetFileName).Where(name => name is not ("obj" or "bin")).ToList();

        // What is known of any agent that leaves only a record; it knows none of them.
        const string Mechanism = "Recorded";
        var crossings =
            from agent in agents
            from file in Directory.GetFiles(Path.Combine(adapters, agent!), "*.cs", SearchOption.AllDirectories)
            from other in agents
            where other != agent && other != Mechanism && File.ReadAllText(file).Contains($"Agentctl.Adapters.{other}", StringComparison.Ordinal)
            select $"{Path.GetFileName(file)} names {other}";

        Assert.Empty(crossings);
    }

    [Fact]
    public void Native_calls_live_in_the_platform_alone()
    {
        var elsewhere = Directory.GetFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Agentctl.Platform/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Where(file => NativeCall().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Source, file));

        Assert.Empty(elsewhere);
    }

    /// <summary>Beside the tests' own build, of the same configuration.</summary>
    private static string AssemblyOf(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var folder = Path.Combine(here.Parent!.Parent!.FullName, project, here.Name);
        return Directory.GetFiles(folder, "*.dll").Single(file =>
            Path.GetFileNameWithoutExtension(file) is var name && (name == project || ExecutableOf(project) == name));
    }

    private static string? ExecutableOf(string project) => project switch
    {
        "Agentctl.Cli" => "agentctl",
        "Agentctl.Daemon" => "agentctld",
        "Agentctl.Shim" => "agentctl-shim",
        "Agentctl.ScriptedAgent" => "agentctl-scripted-agent",
        _ => null,
    };

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b")]
    private static partial Regex NativeCall();
}
