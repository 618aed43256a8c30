using Agentctl.Core;

namespace Agentctl.Client;

/// <summary>What was found at the daemon's socket.</summary>
public abstract record ConnectOutcome
{
    private ConnectOutcome()
    {
    }

    /// <summary>A daemon of ours that looks at the same places as we do.</summary>
    public sealed record Up(DaemonClient Client) : ConnectOutcome;

    /// <summary>Nobody listens.</summary>
    public sealed record Down : ConnectOutcome
    {
        public static readonly Down Instance = new();
    }

    /// <summary>A daemon of ours that was started with other directory variables: look in process.</summary>
    public sealed record OtherEnvironment(DaemonClient Client) : ConnectOutcome;

    /// <summary>Somebody accepts and does not answer in time: stopped by a signal, or stuck.</summary>
    /// <param name="Pid">Who listens, as the kernel says.</param>
    public sealed record NotAnswering(int Pid, TimeSpan Waited) : ConnectOutcome
    {
        public override string ToString() =>
            $"agentctld (pid {Pid}) has not answered for {Waited.TotalSeconds:0.#} s; to end it: agentctl daemon stop";
    }

    /// <summary>It may not be asked: another user's, no permission, or it refuses us.</summary>
    public sealed record Refused(string Problem, ProblemDocument? Document = null) : ConnectOutcome
    {
        public override string ToString() => Problem;
    }
}
