namespace Agentctl.ScriptedAgent;

/// <summary>One conversation that is only played. Disposing it is the clean exit of the agent; kill -9 is the other one.</summary>
internal interface IScriptedSession : IDisposable
{
    string Id { get; }

    /// <summary>Writes what the agent would write when it becomes busy, waiting or idle.</summary>
    void Become(string state);
}
