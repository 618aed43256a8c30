using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>This process becomes another program, execve(2): same pid, same terminal, same open files but those that close.</summary>
public static unsafe partial class ProcessImage
{
    /// <summary>execve(2): does not return but with -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static partial int Execute(byte* path, byte** argv, byte** environment);

    /// <summary>execv(3), with the environment this process has: does not return but with -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true)]
    private static partial int ExecuteHere(byte* path, byte** argv);

    /// <summary>With the environment this process was started with, and signals as a program expects them. Returns only when it failed: the error number.</summary>
    internal static int TryReplace(string program, IReadOnlyList<string> argv)
    {
        using var texts = new NativeTexts();
        var path = texts.Text(program);
        var vector = texts.Vector(argv);
        PollCalls.ResetSignals();
        _ = ExecuteHere(path, vector);
        return Errno.Last;
    }

    /// <summary>This program again, signals as they are. Returns only when it failed: says why.</summary>
    internal static string TryRepeat(IReadOnlyList<string> arguments)
    {
        var self = FileCalls.ReadLink("/proc/self/exe\0"u8, out var errno);
        if (self is not null)
        {
            using var texts = new NativeTexts();
            _ = ExecuteHere(texts.Text(self), texts.Vector([self, .. arguments]));
            errno = Errno.Last;
        }

        return $"cannot begin again: {Errno.Text(errno)}";
    }

    /// <summary>With this environment, in this directory. Returns only when it failed: says why.</summary>
    public static string Replace(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        ThisSystem.RequireLinux("Becoming another program");
        using var texts = new NativeTexts();
        var argv = texts.Vector([program, .. arguments]);
        var variables = texts.Vector([.. environment.Select(static variable => $"{variable.Key}={variable.Value}")]);
        if (FileCalls.ChDir(texts.Text(workingDirectory)) != 0)
        {
            return $"cannot work in {workingDirectory}: {Errno.Text(Errno.Last)}";
        }

        PollCalls.ResetSignals();
        _ = Execute(texts.Text(program), argv, variables);
        return $"cannot run {program}: {Errno.Text(Errno.Last)}";
    }
}
