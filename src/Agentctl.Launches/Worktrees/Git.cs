using System.Diagnostics;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Runs git. Its own storage is the truth about repositories, worktrees and branches; nothing of it is kept here.
/// </summary>
public sealed class Git
{
    /// <summary>Of half a million changed files, their names.</summary>
    private const int LongestOutput = 64 << 20;
    private const int LongestComplaint = 64 << 10;

    /// <summary>A look at the largest repository takes minutes; git that waits for a file that never answers is ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string program;
    private readonly Dictionary<string, string> variables;

    private Git(string program, Dictionary<string, string> variables)
    {
        this.program = program;
        this.variables = variables;
    }

    /// <summary>Null when there is no git on PATH.</summary>
    public static Git? Find(AgentEnvironment environment)
    {
        if (environment.FindProgram("git") is not { } program)
        {
            return null;
        }

        var cleaned = InheritedEnvironment.Of(environment.Variables);

        // Nobody can answer a prompt, and an inspection must neither wait for the lock of the index nor take it.
        cleaned["GIT_TERMINAL_PROMPT"] = "0";
        cleaned["GIT_OPTIONAL_LOCKS"] = "0";
        cleaned["LC_ALL"] = "C";
        return new Git(program, cleaned);
    }

    /// <summary>Runs one command in a directory.</summary>
    /// <exception cref="IOException">git could not be started, or did not answer in time.</exception>
    public async Task<GitAnswer> Ask(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? input = null)
    {
        var start = new ProcessStartInfo(program, ["-C", directory, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var output = ProgramOutput.ReadAll(process.StandardOutput, LongestOutput, deadline.Token);
            var errors = ProgramOutput.ReadLast(process.StandardError, LongestComplaint, deadline.Token);
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), deadline.Token).ConfigureAwait(false);
            process.StandardInput.Close();
            var printed = await output.ConfigureAwait(false);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return new GitAnswer(process.ExitCode, printed, (await errors.ConfigureAwait(false)).Trim());
        }
        catch (IOException failure)
        {
            process.Kill(entireProcessTree: true);
            throw new IOException($"git {string.Join(' ', arguments.Take(2))} failed in {directory}: {failure.Message}", failure);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new IOException($"git {string.Join(' ', arguments.Take(2))} did not answer within {Patience.TotalMinutes:0} minutes in {directory}", late);
        }
    }

    /// <summary>What it printed.</summary>
    /// <exception cref="IOException">It failed; the message has its complaint.</exception>
    public async Task<string> Output(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        await Ask(directory, arguments, cancellationToken).ConfigureAwait(false) is var answer && answer.Worked
            ? answer.Output
            : throw new IOException($"git {string.Join(' ', arguments.Where(static word => word[0] != '-').Take(2))} failed in {directory}: {answer.Complaint}");

    /// <summary>What it printed, without the last line feed; null when it failed.</summary>
    public async Task<string?> Line(string directory, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        await Ask(directory, arguments, cancellationToken).ConfigureAwait(false) is { Worked: true } answer ? answer.Output.TrimEnd('\n') : null;

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new IOException($"{start.FileName} could not be started");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new IOException($"{start.FileName} could not be started: {failure.Message}", failure);
        }
    }
}

/// <summary>What git said.</summary>
public sealed record GitAnswer(int ExitCode, string Output, string Error)
{
    public bool Worked => ExitCode == 0;

    /// <summary>The line of its complaint that says what is wrong.</summary>
    public string Complaint =>
        Error.Split('\n').FirstOrDefault(static line => line.StartsWith("fatal: ", StringComparison.Ordinal) || line.StartsWith("error: ", StringComparison.Ordinal))
        ?? (Error.Length > 0 ? Error.Split('\n')[0] : $"git ended with code {ExitCode}");
}
