using Agentctl.Adapters.ClaudeCode;
using Agentctl.Adapters.Codex;
using Agentctl.Adapters.Custom;
using Agentctl.Adapters.Gemini;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Adapters.OpenCode;
using Agentctl.Adapters.Pi;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>The adapters agentctl comes with, in the order they are shown.</summary>
internal static class BuiltInAdapters
{
    public static IReadOnlyList<IAgentAdapter> All(SessionServiceOptions options) =>
    [
        new ClaudeCodeAdapter(options.Environment),
        new CodexAdapter(options.Environment),
        new OpenCodeAdapter(options.Environment),
        new PiAdapter(options.Environment),
        new GeminiAdapter(options.Environment),
        new OpenClawAdapter(options.Environment, new OpenClawSettings(options.Config.OpenClawUrl, Token: options.Config.OpenClawToken), options.Time) { Loops = options.Loops },
        .. options.Config.OpenClawGateways.Select(gateway => new OpenClawAdapter(options.Environment, gateway, options.Time) { Loops = options.Loops }),
        .. options.Config.Agents.Select(agent => new CustomAdapter(agent, options.Environment)),
    ];
}
