using System.Diagnostics;
using System.Text;
using Xunit;

namespace Agentctl.Testing;

/// <summary>
/// A small world for real processes: own HOME, TMPDIR and AGENTCTL_HOME, an empty network, a clean environment. It keeps the
/// transcript of what a user would have seen, shown when the test fails. Disposing ends what was started in it, and fails if
/// something cannot be ended.
/// </summary>
public sealed class Sandbox : IAsyncDisposable
{
    /// <summary>In the environment of every process of a run of <c>./test</c>, which looks for survivors by it.</summary>
    public const string RunCookie = "AGENTCTL_TEST_RUN";

    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(10);

    private readonly NetworkNamespace network;
    private readonly List<RealProcess> started = [];
    private readonly StringBuilder transcript = new();
    private int commands;

    private Sandbox(string root, NetworkNamespace network)
    {
        this.network = network;
        Root = root;
        Home = Folder("home");
        Temp = Folder("tmp");
        Work = Folder("work");
        Logs = Folder("logs");
        AgentctlHome = Path.Combine(Home, ".agentctl");
        Variables = new()
        {
            ["HOME"] = Home,
            ["TMPDIR"] = Temp,
            ["AGENTCTL_HOME"] = AgentctlHome,
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["TERM"] = "xterm-256color",
            ["LANG"] = "C.UTF-8",
            ["NO_COLOR"] = "1",
            ["SHELL"] = "/bin/bash",
        };
        if (Environment.GetEnvironmentVariable(RunCookie) is { Length: > 0 } run)
        {
            Variables[RunCookie] = run;
        }
    }

    /// <summary>Short, because sockets live below it (108 bytes).</summary>
    public string Root { get; }
    public string Home { get; }
    public string Temp { get; }
    public string AgentctlHome { get; }

    /// <summary>Where commands run unless told otherwise.</summary>
    public string Work { get; }
    public string Logs { get; }

    /// <summary>The whole environment of what is started here: nothing of the test process's own gets in.</summary>
    public Dictionary<string, string> Variables { get; }

    public static async Task<Sandbox> Create()
    {
        var alone = await NetworkNamespace.Create();
        return new Sandbox(Directory.CreateTempSubdirectory("act-").FullName, alone);
    }

    /// <summary>Makes a folder below the root.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Writes a file below HOME, with its folders.</summary>
    public string HomeFile(string path, string content)
    {
        var file = Path.Combine(Home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    /// <param name="command">Program and arguments; the program by full path or found on the sandbox's PATH.</param>
    /// <param name="variables">On top of <see cref="Variables"/>.</param>
    /// <param name="keepInput">Keep stdin open for <see cref="RealProcess.Type"/>; else it is /dev/null.</param>
    public RealProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? variables = null, string? workingDirectory = null, bool keepInput = false)
    {
        var number = Interlocked.Increment(ref commands);
        var outputFile = Path.Combine(Logs, $"{number}.out");
        var errorFile = Path.Combine(Logs, $"{number}.err");
        // .NET's children inherit an ignored SIGPIPE, which agents would pass on to their tools: env gives the default back.
        IReadOnlyList<string> whole =
        [
            .. network.Enter, "setsid", "env", "--default-signal=PIPE", "sh", "-c",
            keepInput ? "exec >\"$1\" 2>\"$2\"; shift 2; exec \"$@\"" : "exec >\"$1\" 2>\"$2\" </dev/null; shift 2; exec \"$@\"",
            "sh", outputFile, errorFile, .. command,
        ];
        var start = new ProcessStartInfo(whole[0], whole.Skip(1)) { UseShellExecute = false, WorkingDirectory = workingDirectory ?? Work, RedirectStandardInput = keepInput };
        start.Environment.Clear();
        foreach (var (name, value) in Variables.Concat(variables ?? new Dictionary<string, string>()))
        {
            start.Environment[name] = value;
        }

        var process = new RealProcess(Process.Start(start)!, Title(command), outputFile, errorFile);
        lock (started)
        {
            started.Add(process);
        }

        return process;
    }

    /// <summary>Runs a command to its end and writes it into the transcript.</summary>
    public async Task<ProcessResult> Run(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? variables = null, string? workingDirectory = null, TimeSpan? deadline = null)
    {
        var result = await Start(command, variables, workingDirectory).Exit(deadline);
        Tell($"$ {Title(command)}\n{result.Output}{result.Error}(exit {result.ExitCode})");
        return result;
    }

    /// <summary>Adds to the transcript.</summary>
    public void Tell(string text)
    {
        lock (transcript)
        {
            transcript.AppendLine(text.Replace(Root, "", StringComparison.Ordinal));
        }
    }

    /// <summary>Living processes that were started in this sandbox, or by what was started in it.</summary>
    public IReadOnlyList<ProcessStat> Living() => [.. ProcessStat.All().Where(network.Holds)];

    /// <summary>Gives the transcript to the test that runs, and begins another; for a sandbox that several tests share.</summary>
    public void ShowTranscript()
    {
        foreach (var process in started.Where(p => !p.HasExited))
        {
            Tell($"$ {process.Title}   (still runs, pid {process.Pid})\n{process.Output}{process.Error}");
        }

        lock (transcript)
        {
            TestContext.Current.TestOutputHelper?.WriteLine("--- transcript ---\n" + transcript);
            transcript.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        ShowTranscript();
        var left = await EndAll();
        foreach (var process in started)
        {
            process.Dispose();
        }

        await network.DisposeAsync();
        Assert.True(left.Count == 0, $"could not end: {string.Join(", ", left.Select(p => $"{p.Pid} {p.CommandLine()}"))}");
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Agents start others while they end, so it looks again until nothing is there.</summary>
    private async Task<IReadOnlyList<ProcessStat>> EndAll()
    {
        var clock = new MachineClock();
        IReadOnlyList<ProcessStat> living;
        while ((living = Living()).Count > 0 && clock.Elapsed < EndDeadline)
        {
            foreach (var process in living)
            {
                await Signals.Send("KILL", process);
            }

            await Task.Delay(20);
        }

        return living;
    }

    private static string Title(IReadOnlyList<string> command) =>
        string.Join(' ', command.Select((word, i) => i == 0 ? Path.GetFileName(word) : word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word));
}
