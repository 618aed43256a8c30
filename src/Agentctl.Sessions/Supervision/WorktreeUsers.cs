using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>Who works in which tree at one moment.</summary>
internal sealed class WorktreeUsers(IProcessTable processes, IReadOnlyList<Launch> launches, IReadOnlyList<DirectoryLockRecord> held)
{
    /// <param name="withOpenFiles">Also processes elsewhere that have a file of the tree open.</param>
    /// <returns>One phrase for each.</returns>
    public List<string> Of(string tree, bool withOpenFiles)
    {
        var users = new List<string>();
        foreach (var launch in launches.Where(launch => launch.IsHeld && launch.Record.Cwd is { } cwd && IsIn(cwd, tree)))
        {
            users.Add($"session {launch.Record.Adapter}/{launch.SessionName} works there");
        }

        foreach (var directory in held.Where(one => IsIn(one.Directory, tree)))
        {
            users.Add($"{directory.By} holds a lock on it");
        }

        foreach (var process in processes.All.Where(process => !IsOwn(process)))
        {
            if (process.WorkingDirectory is { } cwd && IsIn(cwd, tree))
            {
                users.Add($"pid {process.Pid} ({process.Comm}) is in it");
            }
            else if (withOpenFiles && process.HasFileBelow(tree))
            {
                users.Add($"pid {process.Pid} ({process.Comm}) has a file of it open");
            }
        }

        return users;
    }

    public static bool IsIn(string path, string tree) => path == tree || path.StartsWith(tree + "/", StringComparison.Ordinal);

    /// <summary>This process, or one that it started: the git that inspects the trees.</summary>
    private bool IsOwn(ProcessEntry process)
    {
        for (ProcessEntry? one = process; one is not null && one.Pid > 1; one = processes.Find(one.ParentPid))
        {
            if (one.Pid == Environment.ProcessId)
            {
                return true;
            }
        }

        return false;
    }
}
