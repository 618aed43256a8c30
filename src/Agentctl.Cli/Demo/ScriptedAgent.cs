using System.Diagnostics;

namespace Agentctl.Cli.Demo;

/// <summary>
/// One running agentctl-scripted-agent, our child. It ends when its stdin closes, so also when this process is killed;
/// disposing ends it and waits.
/// </summary>
internal sealed class ScriptedAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Process process;

    private ScriptedAgent(Process process, string sessionId)
    {
        this.process = process;
        SessionId = sessionId;
    }

    public string SessionId { get; }
    public int Pid => process.Id;

    public static string Program => Path.Combine(AppContext.BaseDirectory, "agentctl-scripted-agent");

    public static async Task<ScriptedAgent> Start(DemoHome home, string project, string kind, string state, string prompt, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Program, [kind, state, prompt])
        {
            UseShellExecute = false,
            WorkingDirectory = home.Project(project),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in home.Variables)
        {
            start.Environment[name] = value;
        }

        var started = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            return await started.StandardOutput.ReadLineAsync(deadline.Token) is { } line && line.Split(' ') is ["ready", var id, _]
                ? new ScriptedAgent(started, id)
                : throw new IOException($"{Program} ended before it was ready");
        }
        catch
        {
            started.Kill();
            started.Dispose();
            throw;
        }
    }

    /// <summary>kill -9. It is our child and not waited for by anybody else, so its pid cannot have been given to another.</summary>
    public async Task Kill(CancellationToken cancellationToken)
    {
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        using (process)
        {
            if (process.HasExited)
            {
                return;
            }

            process.StandardInput.Close();
            using var deadline = new CancellationTokenSource(Patience);
            try
            {
                await process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }
    }
}
