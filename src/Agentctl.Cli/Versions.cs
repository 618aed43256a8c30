using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>What <c>--version</c> prints.</summary>
internal static class Versions
{
    public static string Line => $"agentctl {BuildStamp.Version} (commit {BuildStamp.Commit}, {BuildStamp.Runtime})";
}
