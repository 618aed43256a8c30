using System.Diagnostics;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

/// <summary>A process started for one test and ended with it, unless it ended before.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private Child(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int Pid => _process.Id;

    public ProcessIdentity Identity => ProcessTable.Take().Find(Pid)!.Identity;

    public static Child Start(params string[] command) => Start(command, new Dictionary<string, string>());

    public static Child Start(string[] command, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var name in (string[])["PATH", "DOTNET_ROOT", Sandbox.RunCookie])
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return new Child(Process.Start(start)!);
    }

    /// <summary>Runs to its end, which must be good.</summary>
    public static async Task<string> Run(params string[] command)
    {
        using var child = Start(command);
        child._process.StandardInput.Close();
        var output = await child._process.StandardOutput.ReadToEndAsync().WaitAsync(Deadline);
        var code = await child.Exit();
        Assert.True(code == 0, $"{string.Join(' ', command)} ended with {code}: {output}{await child._errors}");
        return output;
    }

    /// <summary>The next line of its output.</summary>
    public async Task<string> Line() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Deadline)
        ?? throw new InvalidOperationException($"it printed nothing more: {await _errors.WaitAsync(Deadline)}");

    public async Task Type(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    public void CloseInput() => _process.StandardInput.Close();

    public async Task<int> Exit()
    {
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return _process.ExitCode;
    }

    public async Task<string> Errors() => await _errors.WaitAsync(Deadline);

    public async Task Kill()
    {
        _process.Kill();
        await Exit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
