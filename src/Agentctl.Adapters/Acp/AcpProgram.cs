using Agentctl.Core;

namespace Agentctl.Adapters.Acp;

/// <summary>What to run for an agent: an absolute path and its arguments.</summary>
public sealed record AcpProgram(string Program, IReadOnlyList<string> Arguments)
{
    private const int PackageLimitBytes = 1024 * 1024;

    /// <summary>Where agentctl's users may keep pinned agents: <c>npm install --prefix</c> there.</summary>
    public static string AgentsFolder(AgentEnvironment environment) => Path.Combine(environment.AgentctlHome, "agents");

    /// <summary>
    /// An installed program first, then the pinned package in a local cache, then what fetches it. Where a package is only a wrapper
    /// around a native program, that one: the direct child is the agent.
    /// </summary>
    public static AcpProgram? Find(AcpAgent agent, AgentEnvironment environment)
    {
        var arguments = agent.Command.Skip(1).ToList();
        if (environment.FindProgram(agent.Command[0]) is { } installed)
        {
            return new AcpProgram(Native(agent, installed) ?? installed, Adjusted(agent, installed, arguments));
        }

        if (agent.NpmPackage is { } package && Cached(package, agent.Command[0], environment) is { } cached)
        {
            return new AcpProgram(Native(agent, cached) ?? cached, arguments);
        }

        return agent.Fallback is { Count: > 0 } runner && environment.FindProgram(runner[0]) is { } found ? new AcpProgram(found, [.. runner.Skip(1)]) : null;
    }

    /// <summary>Why it cannot be run, and what to do.</summary>
    public static string NotFound(AcpAgent agent, AgentEnvironment environment) =>
        $"{agent.Name} is not installed: there is no {agent.Command[0]} on PATH"
        + (agent.NpmPackage is { } package ? $". To install it pinned, for agentctl alone: npm install --prefix {environment.Tilde(AgentsFolder(environment))} {package}" : "");

    /// <summary>In agentctl's own folder, or in what npx has fetched before, in that very version.</summary>
    private static string? Cached(string package, string program, AgentEnvironment environment)
    {
        var at = package.LastIndexOf('@');
        var (name, version) = (package[..at], package[(at + 1)..]);
        var fetched = Path.Combine(environment.Home, ".npm", "_npx");
        return Folders(fetched).Prepend(AgentsFolder(environment))
            .Where(folder => VersionOf(Path.Combine(folder, "node_modules", name)) == version)
            .Select(folder => Path.Combine(folder, "node_modules", ".bin", program))
            .FirstOrDefault(File.Exists);
    }

    private static string? Native(AcpAgent agent, string program)
    {
        if (agent.NativePackage is not { } package || File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName is not { } target)
        {
            return null;
        }

        // …/node_modules/<package>/bin/x.js: the native package stands beside it, or inside it.
        for (var folder = Path.GetDirectoryName(target); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var native = Path.Combine(folder, "node_modules", package, "bin", agent.Command[0]);
            if (File.Exists(native))
            {
                return native;
            }
        }

        return null;
    }

    private static List<string> Adjusted(AcpAgent agent, string program, List<string> arguments) =>
        agent.Before is { } before && InstalledVersion(program) is { } version && version < before.Below ? [.. before.Arguments] : arguments;

    /// <summary>From the package beside the program: cheaper than asking it, which takes some agents a second.</summary>
    private static Version? InstalledVersion(string program)
    {
        for (var folder = Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (VersionOf(folder) is { } text)
            {
                return Version.TryParse(text.Split('-')[0], out var version) ? version : null;
            }
        }

        return null;
    }

    private static string? VersionOf(string package) => ForeignFile.Read(Path.Combine(package, "package.json"), PackageLimitBytes, out _)?.Text("version");

    private static IEnumerable<string> Folders(string path) => Directory.Exists(path) ? Directory.EnumerateDirectories(path) : [];
}
