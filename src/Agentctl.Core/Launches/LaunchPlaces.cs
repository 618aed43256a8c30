namespace Agentctl.Core;

/// <summary>Where launches keep their files (docs/specs/files.md).</summary>
public sealed class LaunchPlaces(string agentctlHome)
{
    public string Home => agentctlHome;

    /// <summary>One directory for each launch.</summary>
    public string Launches => Path.Combine(agentctlHome, "launches");

    /// <summary>
    /// One empty file for each launch that is not known to have ended, made before its directory and removed after its exit record:
    /// what is alive is found without looking at what ended. A name here proves nothing; its absence proves the end.
    /// </summary>
    public string Live => Path.Combine(agentctlHome, "live");

    /// <summary>Directory locks of people.</summary>
    public string Locks => Path.Combine(agentctlHome, "locks");

    /// <summary>One directory for each fuse.</summary>
    public string Fuses => Path.Combine(agentctlHome, "fuses");

    /// <summary>One directory for each ACP session.</summary>
    public string Conversations => Path.Combine(agentctlHome, "acp");

    /// <summary>One file for each agent, directory and name: the open ACP session there.</summary>
    public string Scopes => Path.Combine(agentctlHome, "acp-scopes");

    /// <summary>The last answers of adapters.</summary>
    public string Cache => Path.Combine(agentctlHome, "cache");

    /// <summary>The lock under which slots and directories are decided.</summary>
    public string Admission => Path.Combine(agentctlHome, "admission");

    public string Of(string launchId) => Path.Combine(Launches, launchId);

    public string LiveMarker(string launchId) => Path.Combine(Live, launchId);
}

/// <summary>Names of the files in one launch's directory.</summary>
public static class LaunchFiles
{
    public const string Launch = "launch.json";

    /// <summary>Two kernel locks: byte 0 the shim's, byte 1 the agent's (descriptor 3).</summary>
    public const string Lease = "lease";
    public const string Agent = "agent.json";
    public const string Session = "session.json";
    public const string Stop = "stop.json";
    public const string Exit = "exit.json";

    /// <summary>Room on the disk for the record of the end, kept while the agent runs: a disk that the agent fills still takes it.</summary>
    public const string Reserve = "exit.reserve";

    /// <summary>The agent's input: the whole of it (text) or its first message (open).</summary>
    public const string Input = "stdin";
    public const string Output = "stdout.log";
    public const string Errors = "stderr.log";

    /// <summary>Keys of the input frames that were written, one line each: <c>&lt;key&gt; &lt;bytes&gt;</c>.</summary>
    public const string InputKeys = "stdin.keys";

    /// <summary>There as long as the launch waits for its turn; who takes it away, under the admission lock, lets it go.</summary>
    public const string Queued = "queued.json";

    /// <summary>Directories of the hooks' own launches, named after their event.</summary>
    public const string OnCreate = "on-create";
    public const string OnComplete = "on-complete";

    /// <summary>The shim's socket.</summary>
    public const string Socket = "shim.sock";
}
