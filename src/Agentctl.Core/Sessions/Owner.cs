namespace Agentctl.Core;

/// <summary>Who runs a session's process, and so through whom it is stopped (law L9).</summary>
public enum Owner
{
    Unknown,
    Agentctl,
    ClaudeDaemon,
    CodexDaemon,
    OpencodeServer,
    Gateway,
    Terminal,
    Ide,
}

public static class Owners
{
    public static string Word(this Owner owner) => owner switch
    {
        Owner.Agentctl => "agentctl",
        Owner.ClaudeDaemon => "claude-daemon",
        Owner.CodexDaemon => "codex-daemon",
        Owner.OpencodeServer => "opencode-server",
        Owner.Gateway => "gateway",
        Owner.Terminal => "terminal",
        Owner.Ide => "ide",
        _ => "unknown",
    };
}
