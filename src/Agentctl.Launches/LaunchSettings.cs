using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>What config and environment say about launches.</summary>
/// <param name="ShimPath">The executable agentctl-shim; null when it is not there.</param>
/// <param name="OutputCapBytes">How much of each output stream of a launch is kept.</param>
public sealed record LaunchSettings(string? ShimPath, LaunchLimits Limits, DirectoryRule DirectoryRule, long OutputCapBytes = LaunchSettings.DefaultOutputCapBytes)
{
    /// <summary>Names another executable than the one beside ours.</summary>
    public const string ShimVariable = "AGENTCTL_SHIM_EXE";

    public const long DefaultOutputCapBytes = 64L << 20;

    /// <summary>The shim that belongs to this program.</summary>
    public static string? FindShim(AgentEnvironment environment)
    {
        var path = environment[ShimVariable] ?? Path.Combine(AppContext.BaseDirectory, "agentctl-shim");
        return File.Exists(path) ? Path.GetFullPath(path) : null;
    }
}
