namespace Agentctl.Testing;

/// <summary>The fake model as a program inside a sandbox's network, on its port 18080.</summary>
public sealed class FakeModelProcess
{
    private readonly string gates;

    private FakeModelProcess(string gates) => this.gates = gates;

    public const string Address = "http://127.0.0.1:18080";

    /// <param name="silentPort">A port beside it that accepts and never answers.</param>
    public static async Task<FakeModelProcess> Start(Sandbox sandbox, int? silentPort = null)
    {
        var folder = sandbox.Folder("gates");
        var program = Requirement.File(Repository.Built("Agentctl.FakeModel"), "the fake model (tests/Agentctl.FakeModel)");
        var process = sandbox.Start(
            [
                program, "--port", "18080", "--gates", folder, "--log", Path.Combine(sandbox.Logs, "model.log"),
                .. silentPort is { } port ? new[] { "--silent-port", port.ToString() } : [],
            ],
            DotnetVariables());
        await process.Printed("fake model on");
        return new FakeModelProcess(folder);
    }

    /// <summary>Lets every turn that says <c>HOLD name</c> go on.</summary>
    public void Release(string name) => File.WriteAllText(Path.Combine(gates, name), "");

    /// <summary>Until a turn that says <c>HOLD name</c> waits at the model: it is in progress for sure, and stays so.</summary>
    public Task Reached(string name) =>
        Eventually.True($"the turn that says HOLD {name} at the model", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(gates, name + ".reached")));

    /// <summary>What a program that is not native needs in a clean environment to find its runtime.</summary>
    public static Dictionary<string, string> DotnetVariables()
    {
        var variables = new Dictionary<string, string> { ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1" };
        if (Path.GetDirectoryName(Environment.ProcessPath) is not null
            && new DirectoryInfo(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory()).Parent?.Parent?.Parent is { } dotnet)
        {
            variables["DOTNET_ROOT"] = dotnet.FullName;
        }

        return variables;
    }
}
