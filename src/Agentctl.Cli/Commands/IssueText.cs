using System.Diagnostics;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>Puts an issue of GitHub before a prompt. The GitHub program asks, with the login it has; nothing of that is seen here.</summary>
internal static class IssueText
{
    private const int LongestIssue = 16 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="repository"><c>owner/name</c>; null = the one that the directory's remote names.</param>
    /// <exception cref="UsageException">The issue cannot be had; nothing was launched.</exception>
    public static async Task<string> Before(
        string prompt, int number, string? repository, string directory, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        if (environment.FindProgram("gh") is not { } gh)
        {
            throw new UsageException("--issue needs GitHub's own program: gh was not found on PATH. Install it and log in (gh auth login), or paste the text: -p.");
        }

        var start = new ProcessStartInfo(gh, ["issue", "view", number.ToString(System.Globalization.CultureInfo.InvariantCulture), .. repository is null ? Array.Empty<string>() : ["--repo", repository], "--json", "title,body"])
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in InheritedEnvironment.Of(environment.Variables))
        {
            start.Environment[name] = value;
        }

        start.Environment["GH_PROMPT_DISABLED"] = "1";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var process = Process.Start(start) ?? throw new IOException($"{gh} could not be started");
        try
        {
            process.StandardInput.Close();
            var output = ProgramOutput.ReadAll(process.StandardOutput, LongestIssue, deadline.Token);
            var errors = ProgramOutput.ReadLast(process.StandardError, LongestIssue, deadline.Token);
            var issue = await output;
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0
                ? With(issue, number, prompt)
                : throw new UsageException($"Issue #{number} could not be read{(repository is null ? "" : $" from {repository}")}: {(await errors).Trim().Split('\n')[0]}");
        }
        catch (IOException failure)
        {
            process.Kill(entireProcessTree: true);
            throw new UsageException($"Issue #{number} could not be read with gh: {failure.Message}.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new UsageException($"Issue #{number} could not be read: gh did not answer within {Patience.TotalSeconds:0} s.");
        }
    }

    // {"body":"It fails when …","title":"Checkout test is flaky"}
    private static string With(string json, int number, string prompt)
    {
        try
        {
            using var issue = JsonDocument.Parse(json);
            var title = issue.RootElement.GetProperty("title").GetString();
            var body = issue.RootElement.TryGetProperty("body", out var text) ? text.GetString() : null;
            return PromptPreamble.Issue(number, title, body) + prompt;
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UsageException($"Issue #{number} could not be read: gh gave no title and body.");
        }
    }
}
