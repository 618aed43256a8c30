using System.Diagnostics;

namespace Agentctl.Testing;

/// <summary>How a process ended.</summary>
public sealed record ProcessResult(int ExitCode, string Output, string Error);

/// <summary>
/// A real process in a sandbox: the leader of a session of its own, its output in files (a pipe would be kept open by whatever
/// it leaves behind). Started only through <see cref="Sandbox"/>.
/// </summary>
public sealed class RealProcess : IDisposable
{
    public static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly string outputFile;
    private readonly string errorFile;
    private readonly ProcessStat? identity;

    internal RealProcess(Process process, string title, string outputFile, string errorFile)
    {
        this.process = process;
        this.outputFile = outputFile;
        this.errorFile = errorFile;
        Title = title;

        // A short command may be over by now; it has an exit code and an output all the same.
        identity = ProcessStat.Read(process.Id);
    }

    /// <summary>The command as a user would have typed it.</summary>
    public string Title { get; }

    /// <summary>Pid and start time. The pid stays the same through nsenter, setsid and env: each of them execs.</summary>
    public ProcessStat Identity => identity ?? throw new InvalidOperationException($"{Title} was gone before it could be looked at");

    public int Pid => process.Id;
    public bool HasExited => process.HasExited;
    public string Output => ReadShared(outputFile);
    public string Error => ReadShared(errorFile);

    public Task Type(string text) => process.StandardInput.WriteAsync(text);

    /// <summary>Waits for the end.</summary>
    public async Task<ProcessResult> Exit(TimeSpan? deadline = null)
    {
        using var timeout = MachineClock.CancelAfter(deadline ?? UsualDeadline);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"`{Title}` (pid {Pid}) did not end within {(deadline ?? UsualDeadline).TotalSeconds:0.#} s; it printed:\n{Output}{Error}", e);
        }

        return new ProcessResult(process.ExitCode, Output, Error);
    }

    /// <summary>kill -9, and until it is gone.</summary>
    public Task<ProcessResult> Kill() => Signal("KILL");

    public Task<ProcessResult> Terminate() => Signal("TERM");

    public Task<ProcessResult> Interrupt() => Signal("INT");

    /// <summary>Until the output has this text.</summary>
    public Task<string> Printed(string text, TimeSpan? deadline = null) =>
        Eventually.See($"`{Title}` print \"{text}\"", deadline ?? UsualDeadline, () => Output + Error, seen =>
            seen.Contains(text, StringComparison.Ordinal) || (HasExited
                ? throw new InvalidOperationException($"`{Title}` ended with {process.ExitCode} before it printed \"{text}\":\n{seen}")
                : false));

    public void Dispose() => process.Dispose();

    private async Task<ProcessResult> Signal(string name)
    {
        await Signals.Send(name, Identity);
        return await Exit();
    }

    private static string ReadShared(string path)
    {
        if (!File.Exists(path))
        {
            return "";
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }
}
