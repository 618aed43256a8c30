namespace Agentctl.Testing;

/// <summary>
/// A program in a real terminal (tmux, 140 by 40, with a server of its own): what it shows is what a user would see on the
/// screen, not the bytes that painted it.
/// </summary>
public sealed class Pty
{
    private readonly Sandbox sandbox;
    private readonly IReadOnlyList<string> tmux;

    private Pty(Sandbox sandbox, string socket)
    {
        this.sandbox = sandbox;
        tmux = [Requirement.Program("tmux"), "-S", socket, "-f", "/dev/null"];
    }

    /// <summary>The program's own process.</summary>
    public ProcessStat Process { get; private set; } = null!;

    public static async Task<Pty> Start(
        Sandbox sandbox, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? variables = null, string? workingDirectory = null)
    {
        var pty = new Pty(sandbox, Path.Combine(sandbox.Root, $"tty-{Guid.NewGuid():N}"[..12]));
        await pty.Tmux(["new-session", "-d", "-x", "140", "-y", "40", "-s", "t", .. command], variables, workingDirectory);
        var pid = int.Parse((await pty.Tmux(["display-message", "-p", "-t", "t", "#{pane_pid}"])).Trim());
        pty.Process = ProcessStat.Read(pid) ?? throw new InvalidOperationException($"`{command[0]}` ended at once");
        sandbox.Tell($"$ {string.Join(' ', command.Select((w, i) => i == 0 ? Path.GetFileName(w) : w))}   (in a terminal, pid {pid})");
        return pty;
    }

    /// <summary>The screen as it is now.</summary>
    public async Task<string> Screen() => (await Tmux(["capture-pane", "-p", "-t", "t"])).TrimEnd();

    /// <summary>Until the screen shows this text.</summary>
    public async Task<string> ReadUntil(string text, TimeSpan? deadline = null)
    {
        var screen = await Eventually.See($"\"{text}\" on the screen", deadline ?? RealProcess.UsualDeadline, Screen, s => s.Contains(text, StringComparison.Ordinal));
        sandbox.Tell(screen);
        return screen;
    }

    /// <summary>Types text as it is.</summary>
    public Task Type(string text) => Tmux(["send-keys", "-t", "t", "-l", "--", text]);

    /// <summary>Presses a key by its tmux name: <c>Enter</c>, <c>Escape</c>, <c>C-c</c>.</summary>
    public Task Press(string key) => Tmux(["send-keys", "-t", "t", key]);

    private async Task<string> Tmux(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables = null, string? workingDirectory = null)
    {
        var result = await sandbox.Start([.. tmux, .. arguments], variables, workingDirectory).Exit();
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"tmux {arguments[0]}: {result.Error}");
    }
}
