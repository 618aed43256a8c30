using Agentctl.Core;

namespace Agentctl.Cli.Tests;

/// <summary>Rows as they come from the API, one of each kind.</summary>
internal static class SampleRows
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static SessionRow Waiting { get; } = Row("be7f09a7-14be-447a-998a-5a37517541b0", "waiting", alive: true) with
    {
        Reason = "permission-prompt",
        LastActivityAt = Now.AddMinutes(-4),
        StartedAt = Now.AddMinutes(-30),
        Cwd = "/home/dev/projects/payments/services/checkout-service",
        Prompt = "Roll the staging cluster forward to 2.4 and tell me what breaks on the way there",
        Model = "claude-sonnet-4-5-20250929",
        Owner = "terminal",
        Pid = 4711,
        Host = "box",
    };

    public static SessionRow Running { get; } = Row("2d90595b-9af3-4246-b47a-f618218ff3a4", "running", alive: true) with
    {
        LastActivityAt = Now.AddSeconds(-12),
        StartedAt = Now.AddHours(-2),
        Cwd = "/home/dev/shop",
        Prompt = "Fix the flaky \u001b[31mcheckout\u001b[0m test\nthen run 全部のテスト\u202e evil",
        Model = "claude-opus-4-6",
        Owner = "claude-daemon",
        Group = "g-a1b2c3",
        Pid = 4712,
        Host = "box",
        Tokens = new RowTokens(1200, 60, 800, 0),
    };

    public static SessionRow Unknown { get; } = Row("agent:main:cron:7f", "unknown", alive: false) with
    {
        Adapter = "openclaw",
        Reason = "adapter-timed-out",
        LastActivityAt = Now.AddSeconds(-40),
        Owner = "gateway",
        Evidence = new RowEvidence("ws://127.0.0.1:18789", "did not answer within 5 s", Now),
    };

    public static SessionRow Ended { get; } = Row("01a1fbb7-1603-7c00-8f28-e8295f6bd5be", "error", alive: false) with
    {
        Adapter = "codex",
        Reason = "failed",
        StoppedAt = Now.AddDays(-2),
        LastActivityAt = Now.AddDays(-2),
        Cwd = "/srv/other",
        Prompt = "Proof-read the release notes",
        ExitCode = 1,
    };

    public static SessionRow Row(string id, string status, bool alive) => new()
    {
        Id = id,
        Adapter = "claude-code",
        Status = status,
        Alive = alive,
        Owner = "unknown",
        Meta = new Dictionary<string, string>(),
        Evidence = new RowEvidence("~/.claude/sessions/4711.json", $"status is \"{status}\"", Now.AddSeconds(-12)),
    };
}
