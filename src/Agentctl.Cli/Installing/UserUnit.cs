using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Agentctl.Client;
using Agentctl.Platform;

namespace Agentctl.Cli.Installing;

/// <summary>The systemd user unit of the daemon: written and enabled, or disabled and removed. A unit that is not ours is left alone.</summary>
internal sealed class UserUnit(Surroundings around)
{
    private const int LargestUnitBytes = 1 << 20;
    private const int LongestComplaint = 64 << 10;
    private const string FirstWords = "# Written by `agentctl daemon install`";
    private readonly string path = SystemdUnit.PathIn(around.Environment);

    public async Task<int> Install(CancellationToken cancellationToken)
    {
        if (DaemonStarter.Executable(around.Environment) is not { } executable)
        {
            around.Terminal.Note($"agentctld was not found beside {Environment.ProcessPath}; set {DaemonStarter.ExecutableVariable} to its path");
            return ExitCode.Failed;
        }

        if (IsForeign())
        {
            return Refuse();
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Not writable by others where the umask would allow it: systemd runs what it says.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        }

        await using (var unit = new StreamWriter(path, options))
        {
            await unit.WriteAsync(SystemdUnit.Text(executable, around.Environment).AsMemory(), cancellationToken);
        }

        around.Terminal.WriteLine($"wrote {around.Environment.Tilde(path)}");

        // One that a command started holds the lock: systemd's own takes its place.
        await DaemonControl.Stop(around.Environment, around.Time, cancellationToken);
        return await Systemctl(cancellationToken, "daemon-reload") is { } problem || (problem = await Systemctl(cancellationToken, "enable", "--now", SystemdUnit.Name)) is not null
            ? Failed(problem, $"systemctl --user enable --now {SystemdUnit.Name}")
            : ExitCode.Done;
    }

    public async Task<int> Uninstall(CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            around.Terminal.Note($"{around.Environment.Tilde(path)} does not exist: it is not installed");
            return ExitCode.NotFound;
        }

        if (IsForeign())
        {
            return Refuse();
        }

        var problem = await Systemctl(cancellationToken, "disable", "--now", SystemdUnit.Name);
        File.Delete(path);
        around.Terminal.WriteLine($"removed {around.Environment.Tilde(path)}");
        return problem is null ? ExitCode.Done : Failed(problem, $"systemctl --user disable --now {SystemdUnit.Name}");
    }

    private bool IsForeign() => NativeFile.ReadSmall(path, LargestUnitBytes) is { } unit && !unit.AsSpan().StartsWith(Encoding.UTF8.GetBytes(FirstWords));

    private int Refuse()
    {
        around.Terminal.Note($"{around.Environment.Tilde(path)} was not written by agentctl and was left alone; move it away first");
        return ExitCode.Refused;
    }

    private int Failed(string problem, string command)
    {
        around.Terminal.Note($"systemd of this user could not be reached: {problem.TrimEnd('.')}. In a session where it runs (for example after logging in, or with loginctl enable-linger): {command}");
        return ExitCode.Failed;
    }

    /// <returns>What went wrong, or null.</returns>
    private static async Task<string?> Systemctl(CancellationToken cancellationToken, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("systemctl", ["--user", .. arguments]) { UseShellExecute = false, RedirectStandardError = true })!;
            var said = await ProgramOutput.ReadLast(process.StandardError, LongestComplaint, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? null : said.Trim() is { Length: > 0 } text ? text : $"systemctl ended with {process.ExitCode}";
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
