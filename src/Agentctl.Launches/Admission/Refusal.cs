using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>Why a launch was not admitted. Nothing was changed.</summary>
public abstract record Refusal
{
    private Refusal()
    {
    }

    /// <summary>One sentence that says what, which and what next; beginnings are the reference's.</summary>
    public abstract string Message { get; }

    /// <summary>A launch of ours works there.</summary>
    public sealed record DirectoryInUse(string Directory, Launch Holder) : Refusal
    {
        public override string Message =>
            $"Directory in use by session {Holder.Record.Adapter}/{Holder.SessionName}: {Directory}"
            + (Holder.Record.Cwd is { } cwd && cwd != Directory ? $" (it works in {cwd})" : "")
            + ". Wait for it (agentctl wait), stop it (agentctl stop), or use --force";
    }

    /// <summary>A person, or a command of a person, holds it.</summary>
    public sealed record DirectoryLocked(string Directory, DirectoryLockRecord Lock) : Refusal
    {
        public override string Message =>
            $"Directory locked by {Lock.By}: {Directory}{(Lock.Reason is { } reason ? $" ({reason})" : "")}"
            + (Lock.Command is { } command ? $". `{command}` runs under it" : $". To give it back: agentctl unlock {Lock.Directory}")
            + "; or use --force";
    }

    /// <summary>A person locked it, and the record of that cannot be read: the directory stays locked.</summary>
    public sealed record LockUnreadable(string Directory, string Problem) : Refusal
    {
        public override string Message => $"Directory locked: {Directory}, but {Problem}. If nobody needs the lock any more, remove that file; or use --force";
    }

    /// <summary>Another launch goes on with that session already: who asked for both saw it ended.</summary>
    public sealed record SessionGoesOn(Launch Owner) : Refusal
    {
        public override string Message =>
            $"{Owner.Record.Adapter}/{Owner.SessionName} has just been continued by another launch ({Owner.Id}). Two processes must not continue one conversation. "
            + (Owner.Record.Stdin == StdinMode.Open ? $"To send it a message: agentctl send {Owner.SessionName} TEXT" : $"To wait for its end: agentctl wait {Owner.SessionName}")
            + $"; to end it first: agentctl stop {Owner.SessionName}";
    }

    /// <summary>As many run as may.</summary>
    public sealed record NoSlot(SlotScope Scope, IReadOnlyList<Launch> Holders) : Refusal
    {
        public override string Message =>
            $"max concurrent sessions reached ({Holders.Count}/{Scope.Limit}){(Scope.Name == "all" ? "" : $" for {Scope.Name}")}, held by "
            + string.Join(", ", Holders.Select(static holder => $"{holder.Record.Adapter}/{holder.SessionName}"))
            + ". Stop one (agentctl stop), or raise the limit: agentctl config set max_concurrent";
    }
}
