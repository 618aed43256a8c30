using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Cli.Tests.Completion;

/// <summary>The script in a real bash, which asks the real executable.</summary>
public sealed class BashCompletionTests
{
    [Theory]
    [InlineData("agentctl sta", "status")]
    [InlineData("agentctl list --ad", "--adapter")]
    [InlineData("agentctl list --adapter cod", "codex")]
    [InlineData("agentctl config get webhook_u", "webhook_url")]
    [InlineData("agentctl daemon res", "restart")]
    [InlineData("agentctl list --status wai --json", "waiting", 26)]
    [InlineData("agentctl list --status=wai", "waiting")]
    [InlineData("agentctl list --sort=sta", "started\nstate")]
    [InlineData("agentctl list --json=x", "")]
    [InlineData("agentctl list --nonsense=x", "")]
    [InlineData("agentctl list --since=", "")]
    public async Task Bash_completes(string line, string expected, int? cursor = null)
    {
        var script = $$"""
            PATH="{{AppContext.BaseDirectory}}:$PATH"
            eval "$(agentctl completion bash)"
            COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
            COMP_LINE='{{line}}' COMP_POINT={{cursor ?? line.Length}}
            read -ra COMP_WORDS <<< "${COMP_LINE:0:COMP_POINT}"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _agentctl
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--noprofile", "--norc", "-c", script]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(RealProcess.UsualDeadline, TestContext.Current.CancellationToken);
        Assert.Equal(expected + "\n", output);
    }
}
