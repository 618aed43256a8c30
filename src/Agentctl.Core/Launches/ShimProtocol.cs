namespace Agentctl.Core;

/// <summary>
/// What is said over a shim's socket: one request a line, one answer a line, UTF-8, any number on a connection
/// (docs/specs/shim.md).
/// <code>
/// status                        → status &lt;agent pid&gt; &lt;start ticks&gt; running|stopping
/// stop &lt;deadline ms&gt; &lt;by&gt;        → stopping                (stop.json is durable; the connection ends when all is over)
/// finish &lt;patience ms&gt; &lt;deadline ms&gt; &lt;by&gt; → stopping (the same, but the agent's input is ended first, and SIGTERM comes when the patience is over)
/// input &lt;key&gt; &lt;length&gt; [&lt;offset&gt;]\n&lt;bytes&gt; → written | known | refused &lt;why&gt; (output before the offset is needed no longer)
/// close-input                   → closed
/// attach                        → attached                (somebody is there for as long as this connection is open)
/// anything else                 → refused &lt;why&gt;
/// </code>
/// </summary>
public static class ShimProtocol
{
    public const string Status = "status";
    public const string Stop = "stop";
    public const string Finish = "finish";
    public const string Input = "input";
    public const string CloseInput = "close-input";
    public const string Attach = "attach";

    /// <summary>The longest deadline and patience that a shim takes: as long as a timer can be.</summary>
    public static readonly TimeSpan LongestDeadline = TimeLimit.Longest;

    /// <summary>The variable by which everything a launch starts is known; a hint, for an agent may clear its environment.</summary>
    public const string Cookie = "AGENTCTL_LAUNCH_ID";

    /// <summary>
    /// The variable in a shim's environment that names the launch's directory, links resolved. Unlike the directory, no other process can
    /// move, delete or change it. Agents and hooks do not inherit it.
    /// </summary>
    public const string Folder = "AGENTCTL_SHIM_FOLDER";

    /// <summary>The directory that the launch was admitted to, in the same way. PWD would change with every shell in between.</summary>
    public const string Directory = "AGENTCTL_SHIM_CWD";

    /// <summary>The ACP session that the launch serves, in the same way; absent for every other launch.</summary>
    public const string Conversation = "AGENTCTL_SHIM_SESSION";

    /// <summary>The variables of a shim that nothing else inherits.</summary>
    public static readonly IReadOnlyList<string> ShimsOwn = [Folder, Directory, Conversation];

    /// <summary>The descriptor of the agent that holds byte 1 of its lease.</summary>
    public const int LeaseDescriptor = 3;
}
