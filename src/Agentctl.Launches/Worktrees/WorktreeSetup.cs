using System.Diagnostics;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// What a new tree needs before an agent can work in it: files that git ignores (keys of a development server, a local database),
/// copied from the repository's own tree, and a script (<c>worktree_copy</c> and <c>worktree_setup</c> in config.json).
/// </summary>
/// <param name="copy">Patterns as git's own <c>:(glob)</c> pathspecs, of ignored files.</param>
/// <param name="script">For /bin/sh, run in the new tree.</param>
public sealed class WorktreeSetup(Git git, IReadOnlyList<string> copy, string? script, AgentEnvironment environment)
{
    private static readonly TimeSpan ScriptPatience = TimeSpan.FromSeconds(300);

    /// <summary>How much of what a failing script said is told.</summary>
    private const int LastWords = 2000;

    public bool IsEmpty => copy.Count == 0 && script is null;

    /// <returns>What went wrong; null when all is there.</returns>
    public async Task<string?> Run(WorktreePlan tree, CancellationToken cancellationToken) =>
        (tree.Repository.IsBare || copy.Count == 0 ? null : await Copy(tree, cancellationToken).ConfigureAwait(false))
        ?? (script is null ? null : await RunScript(tree, script, cancellationToken).ConfigureAwait(false));

    private async Task<string?> Copy(WorktreePlan tree, CancellationToken cancellationToken)
    {
        var listed = await git.Ask(
            tree.Repository.Root,
            ["ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", .. copy.Select(static pattern => $":(glob){pattern}")],
            cancellationToken).ConfigureAwait(false);
        if (!listed.Worked)
        {
            return $"worktree_copy could not be done: {listed.Complaint}.";
        }

        foreach (var name in listed.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var (from, to) = (Path.Combine(tree.Repository.Root, name), Path.Combine(tree.Path, name));
            var file = new FileInfo(from);
            if (Path.Exists(to) || !file.Exists)
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            if (file.LinkTarget is { } target)
            {
                File.CreateSymbolicLink(to, target);
            }
            else
            {
                file.CopyTo(to);
            }
        }

        return null;
    }

    private async Task<string?> RunScript(WorktreePlan tree, string command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            UseShellExecute = false,
            WorkingDirectory = tree.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in HookEnvironment.Of(environment.Variables))
        {
            start.Environment[name] = value;
        }

        start.Environment["AGENTCTL_CWD"] = tree.Path;
        start.Environment["AGENTCTL_BRANCH"] = tree.Wish.Branch;
        start.Environment["AGENTCTL_REPOSITORY"] = tree.Repository.Root;
        using var process = Process.Start(start) ?? throw new IOException("/bin/sh could not be started");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ScriptPatience);
        try
        {
            process.StandardInput.Close();
            var output = ProgramOutput.ReadLast(process.StandardOutput, LastWords, deadline.Token);
            var errors = ProgramOutput.ReadLast(process.StandardError, LastWords, deadline.Token);
            await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            var said = (await output.ConfigureAwait(false) + await errors.ConfigureAwait(false)).Trim();
            return process.ExitCode == 0 ? null : $"worktree_setup ended with code {process.ExitCode} in {tree.Path}: {said[Math.Max(0, said.Length - LastWords)..]}.";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            return $"worktree_setup took longer than {ScriptPatience.TotalSeconds:0} s in {tree.Path} and was ended.";
        }
    }
}
