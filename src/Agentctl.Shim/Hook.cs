using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>The hooks of one launch: scripts of the user's that run before its agent and after it, each under a shim of its own.</summary>
internal sealed class Hook(LaunchFolder folder, Orders orders)
{
    private int shim;
    private bool isKilled;

    /// <summary>Ours: its end is told to us as that of any child.</summary>
    public bool IsShim(int pid) => shim != 0 && pid == shim;

    /// <exception cref="IOException">It could not be begun. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public void BeginOnCreate(string script) => shim = Begin(LaunchFiles.OnCreate, script, end: null) ?? throw new IOException("Hook onCreate failed: it has been begun before");

    /// <summary>Whether it was begun, by us or before; what cannot be begun is begun by who looks next.</summary>
    public bool TryBeginOnComplete(ExitRecord end)
    {
        if (orders.OnComplete is not { } script)
        {
            return true;
        }

        try
        {
            _ = Begin(LaunchFiles.OnComplete, script, end);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Its shim passes a request to end on to all it started. A shim that is stopped by a signal is continued.</summary>
    public void Stop()
    {
        if (FindShim() is { } process)
        {
            _ = ProcessSignal.TrySend(process.Pid, process.StartTicks, SignalNumbers.Terminate, out _);
            _ = ProcessSignal.TrySend(process.Pid, process.StartTicks, SignalNumbers.Continue, out _);
        }
    }

    /// <summary>SIGKILL to all its script started; the second time to its shim too, which did not record the end of that.</summary>
    public void Kill()
    {
        Stop();
        var isSecond = isKilled;
        isKilled = true;
        new TreeEnding(() => ProcessTrees.Below(ProcessTable.Take(), isSecond ? Environment.ProcessId : shim, static process => ProcessTrees.HoldsAnotherLease(process, ""))).Kill();
    }

    /// <summary>Why the agent must not start; null when the hook went well.</summary>
    public string? WhyOnCreateFailed() => folder.EndOfHook(LaunchFiles.OnCreate) switch
    {
        { ExitCode: 0 } => null,
        { ExitCode: { } code } => $"Hook onCreate failed: it ended with code {code}",
        { Problem: { } problem } => $"Hook onCreate failed: {problem}",
        null => "Hook onCreate failed: its shim was killed, so nobody knows how it ended",
        _ => "Hook onCreate failed: it was ended by a signal, or took longer than 300 s",
    };

    private ProcessEntry? FindShim() =>
        shim != 0 && ProcessTable.Take().Find(shim) is { } process && process.ParentPid == Environment.ProcessId ? process : null;

    private int? Begin(string name, string script, ExitRecord? end) => HookLaunch.Begin(
        Environment.ProcessPath!,
        folder.Root,
        orders.Id,
        name,
        script,
        orders.Cwd,
        HookEnvironment.Of(Variables(), orders.SessionId ?? folder.ToldSessionId ?? LaunchId.Provisional(orders.Id), orders.Cwd, orders.Adapter, orders.Branch, orders.Group, orders.Model, end));

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
