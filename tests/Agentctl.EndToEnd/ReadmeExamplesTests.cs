using System.Text.RegularExpressions;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>What the Node tool's README tells people to type works as it is typed there.</summary>
public sealed partial class ReadmeExamplesTests : BothWays
{
    /// <summary>Claude Code as far as these examples can tell: it records a conversation under the id it is given, and ends.</summary>
    private const string Claude = """
        #!/bin/bash
        while [[ $# -gt 0 ]]; do [[ $1 == --session-id || $1 == --resume ]] && id=$2; shift; done
        folder=$HOME/.claude/projects/$(pwd | sed 's#[/.]#-#g'); mkdir -p "$folder"
        now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z); turn=$RANDOM$RANDOM
        echo "{\"type\":\"user\",\"sessionId\":\"$id\",\"cwd\":\"$(pwd)\",\"timestamp\":\"$now\",\"uuid\":\"u-$turn\",\"message\":{\"role\":\"user\",\"content\":\"hello\"}}" >> "$folder/$id.jsonl"
        echo "{\"type\":\"assistant\",\"sessionId\":\"$id\",\"cwd\":\"$(pwd)\",\"timestamp\":\"$now\",\"uuid\":\"a-$turn\",\"parentUuid\":\"u-$turn\",\"message\":{\"id\":\"m-$turn\",\"role\":\"assistant\",\"model\":\"opus\",\"stop_reason\":\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":\"I am on it\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}}" >> "$folder/$id.jsonl"
        echo "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"$id\"}"
        """;

    private const string Codex = """
        #!/bin/bash
        echo "{\"type\":\"thread.started\",\"thread_id\":\"$(cat /proc/sys/kernel/random/uuid)\"}"
        """;

    private const string Pi = """
        #!/bin/bash
        id=$(cat /proc/sys/kernel/random/uuid)
        while [[ $# -gt 0 ]]; do [[ $1 == --session ]] && id=$2; shift; done
        folder=$HOME/.pi/agent/sessions/--$(pwd | sed 's#^/##; s#/#-#g')--; mkdir -p "$folder"
        now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z); file=$(ls "$folder"/*_$id.jsonl 2> /dev/null || echo "$folder/2026-11-21T01-44-55-734Z_$id.jsonl")
        head="{\"type\":\"session\",\"version\":3,\"id\":\"$id\",\"timestamp\":\"$now\",\"cwd\":\"$(pwd)\"}"
        echo "$head"; [[ -e $file ]] || echo "$head" > "$file"
        echo "{\"type\":\"message\",\"timestamp\":\"$now\",\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"$(cat)\"}]}}" >> "$file"
        echo "{\"type\":\"message\",\"timestamp\":\"$now\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"I am on it\"}],\"stopReason\":\"stop\"}}" >> "$file"
        """;

    [Fact]
    public async Task Examples_of_the_reference_run_as_written()
    {
        Program("bin/claude", Claude);
        Program("bin/codex", Codex);
        Program("bin/pi", Pi);
        Program("bin/npm", "#!/bin/sh\necho \"$* $AGENTCTL_EXIT_CODE\" > ~/npm.out");
        File.CreateSymbolicLink(Path.Combine(Sandbox.Home, "bin", "agentctl"), AgentctlCli.Program);
        Sandbox.Variables["PATH"] = $"{Path.Combine(Sandbox.Home, "bin")}:{Sandbox.Variables["PATH"]}";
        Sandbox.HomeFile(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.com\n");
        Sandbox.HomeFile("code/mono/a.txt", "one\n");
        var mono = Path.Combine(Sandbox.Home, "code", "mono");
        foreach (var words in (string[])["init -q", "add .", "commit -qm one"])
        {
            Assert.Equal(0, (await Sandbox.Start(["git", "-C", mono, .. words.Split(' ')]).Exit()).ExitCode);
        }

        await File.WriteAllTextAsync(Path.Combine(Sandbox.Work, "spec.md"), "# Spec\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Sandbox.Work, "examples.ts"), "export {}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Sandbox.Work, "matrix.yaml"), """
            prompt: "Implement the caching layer"
            cwd: ~/code/mono
            matrix:
              - adapter: claude-code
                model:
                  - claude-opus-4-6
                  - claude-sonnet-4-5
              - adapter: codex
            """, TestContext.Current.CancellationToken);

        var agentctl = Agentctl(withDaemon: true);
        string session = "none", group = "none";
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "reference", "readme-examples.txt"), TestContext.Current.CancellationToken))
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            var command = line[2..].Replace("<session-id>", session, StringComparison.Ordinal).Replace("g-x1y2z3", group, StringComparison.Ordinal);
            var result = await Sandbox.Run(["sh", "-c", command], agentctl.Variables);
            Assert.True(result.ExitCode == line[0] - '0', $"{command}: {result.ExitCode}\n{result.Output}{result.Error}");

            // Where a person waits until an agent has ended before he goes on in the same directory, so does this.
            await Sandbox.Start(["sh", "-c", "agentctl wait $(agentctl list -q) --timeout 20s"], agentctl.Variables).Exit();
            session = LaunchedSession().Match(result.Output) is { Success: true } one ? one.Groups[1].Value : session;
            group = Group().Match(result.Output) is { Success: true } two && command.Contains("--adapter codex", StringComparison.Ordinal) ? two.Groups[1].Value : group;
        }

        await Eventually.True("the on-complete hook", RealProcess.UsualDeadline, () => File.Exists(Path.Combine(Sandbox.Home, "npm.out")));
        Assert.Equal("test 0\n", await File.ReadAllTextAsync(Path.Combine(Sandbox.Home, "npm.out"), TestContext.Current.CancellationToken));
    }

    private void Program(string path, string content) => File.SetUnixFileMode(
        Sandbox.HomeFile(path, content + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    [GeneratedRegex("Launched session (\\S+)")]
    private static partial Regex LaunchedSession();

    [GeneratedRegex("group: (g-[0-9a-f]{6})")]
    private static partial Regex Group();
}
