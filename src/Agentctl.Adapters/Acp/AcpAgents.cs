namespace Agentctl.Adapters.Acp;

/// <summary>
/// The agents that are known by name: the 26 of acpx 0.19.1, with what is particular about them (docs/adapters/acp.md). Config adds to
/// them and replaces them.
/// </summary>
public static class AcpAgents
{
    /// <summary>Used when none is named and config says nothing; acpx's choice too.</summary>
    public const string Default = "codex";

    public static readonly IReadOnlyList<AcpAgent> BuiltIn =
    [
        new()
        {
            Name = "claude", Adapter = "claude-code", Command = ["claude-agent-acp"], NpmPackage = "@agentclientprotocol/claude-agent-acp@0.100.0",
            Fallback = ["npx", "-y", "@agentclientprotocol/claude-agent-acp@0.100.0"], SessionMeta = """{"claudeCode":{"options":{"settingSources":["project","local"]}}}""",
        },
        new()
        {
            Name = "codex", Adapter = "codex", Command = ["codex-acp"], NpmPackage = "@zed-industries/codex-acp@0.16.0", NativePackage = "@zed-industries/codex-acp-linux-x64",
            Fallback = ["npx", "-y", "@zed-industries/codex-acp@0.16.0"], RefusalIds = ["decline", "reject_permissions"],
        },
        new() { Name = "opencode", Adapter = "opencode", Command = ["opencode", "acp"], NpmPackage = "opencode-ai@1.18.33", NativePackage = "opencode-linux-x64", Fallback = ["npx", "-y", "opencode-ai@1.18.33", "acp"] },
        new()
        {
            Name = "gemini", Adapter = "gemini", Command = ["gemini", "--acp"], NpmPackage = "@google/gemini-cli@0.61.0", Before = (new Version(0, 33, 0), ["--experimental-acp"]),
            StartPatience = TimeSpan.FromSeconds(120), LoadFails = true,
            // It would start itself once more with another heap limit, and the first would outlive the second or the other way round.
            Environment = new Dictionary<string, string> { ["GEMINI_CLI_NO_RELAUNCH"] = "true" },
        },
        new() { Name = "pi", Adapter = "pi", Command = ["pi-acp"], NpmPackage = "pi-acp@0.0.34", Fallback = ["npx", "-y", "pi-acp@0.0.34"] },
        new() { Name = "openclaw", Adapter = "openclaw", Command = ["openclaw", "acp"], StartPatience = TimeSpan.FromSeconds(120), NativePrefix = "agent:main:acp-bridge:" },
        new() { Name = "copilot", Adapter = "copilot", Command = ["copilot", "--acp", "--stdio"] },
        new() { Name = "cursor", Adapter = "cursor", Command = ["cursor-agent", "acp"] },
        new() { Name = "qwen", Adapter = "qwen", Command = ["qwen", "--acp"] },
        new() { Name = "kimi", Adapter = "kimi", Command = ["kimi", "acp"] },
        new() { Name = "kiro", Adapter = "kiro", Command = ["kiro-cli-chat", "acp"] },
        new() { Name = "kilocode", Adapter = "kilocode", Command = ["kilo", "acp"], Fallback = ["npx", "-y", "@kilocode/cli", "acp"] },
        new() { Name = "droid", Aliases = ["factory-droid", "factorydroid"], Adapter = "droid", Command = ["droid", "exec", "--output-format", "acp"] },
        new() { Name = "devin", Adapter = "devin", Command = ["devin", "acp"], ClientName = "windsurf" },
        new() { Name = "fast-agent", Adapter = "fast-agent", Command = ["fast-agent-mcp", "acp"], Fallback = ["uvx", "fast-agent-mcp", "acp"] },
        new() { Name = "fx", Adapter = "fx", Command = ["fx", "acp"] },
        new() { Name = "grok-build", Adapter = "grok-build", Command = ["grok", "agent", "stdio"] },
        new() { Name = "iflow", Adapter = "iflow", Command = ["iflow", "--experimental-acp"] },
        new() { Name = "junie", Adapter = "junie", Command = ["junie", "--acp=true"] },
        new() { Name = "mcode", Adapter = "mcode", Command = ["mcode", "acp"] },
        new() { Name = "mux", Adapter = "mux", Command = ["mux", "acp"], Fallback = ["npx", "-y", "mux@^0.28.0", "acp"] },
        new() { Name = "pool", Adapter = "pool", Command = ["pool", "acp"] },
        new() { Name = "qoder", Adapter = "qoder", Command = ["qodercli", "--acp"], EndPatience = TimeSpan.FromMilliseconds(750) },
        new() { Name = "trae", Adapter = "trae", Command = ["traecli", "acp", "serve"] },
        new() { Name = "zeroclaw", Adapter = "zeroclaw", Command = ["zeroclaw", "acp"] },
        new() { Name = "antigravity", Adapter = "antigravity", Command = OperatingSystem.IsLinux() ? ["agy_acp_server.par", "--uid="] : ["agy_acp_server.par"], QuestionPrefix = "interaction_" },
    ];

    /// <summary>The agent of that name or alias; config's before the built-in ones.</summary>
    public static AcpAgent? Find(string name, IReadOnlyList<AcpAgent> configured) =>
        configured.FirstOrDefault(agent => agent.Name == name) ?? BuiltIn.FirstOrDefault(agent => agent.Name == name || agent.Aliases.Contains(name));

    /// <summary>The adapters under which sessions of these agents are listed.</summary>
    public static IEnumerable<string> Adapters(IReadOnlyList<AcpAgent> configured) =>
        configured.Select(static agent => agent.Adapter).Concat(BuiltIn.Select(static agent => agent.Adapter)).Distinct();

    /// <summary>All names, for messages and completion.</summary>
    public static IEnumerable<string> Names(IReadOnlyList<AcpAgent> configured) =>
        configured.Select(static agent => agent.Name).Concat(BuiltIn.Select(static agent => agent.Name)).Distinct();
}
