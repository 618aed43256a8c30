namespace Agentctl.Testing;

/// <summary>The published <c>agentctl</c> run in a sandbox, as a user runs it.</summary>
/// <param name="withDaemon">False sets AGENTCTL_NO_DAEMON=1.</param>
public sealed class AgentctlCli(Sandbox sandbox, bool withDaemon)
{
    /// <summary>The folder of the published executables: AGENTCTL_BIN, else what eng/publish made in this clone.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("AGENTCTL_BIN") is { Length: > 0 } given ? given : Path.Combine(Repository.Root, "artifacts", "publish");

    public static string Program => Requirement.File(Path.Combine(Folder, "agentctl"), "the published agentctl (eng/publish)");

    public Dictionary<string, string> Variables { get; } = withDaemon
        ? FakeModelProcess.DotnetVariables()
        : new(FakeModelProcess.DotnetVariables()) { ["AGENTCTL_NO_DAEMON"] = "1" };

    public Task<ProcessResult> Run(params string[] arguments) => sandbox.Run([Program, .. arguments], Variables);

    public RealProcess Start(params string[] arguments) => sandbox.Start([Program, .. arguments], Variables);

    /// <summary>Runs without a word in the transcript, for what is asked many times.</summary>
    public Task<ProcessResult> Quietly(params string[] arguments) => Start(arguments).Exit();
}
