namespace Agentctl.ScriptedAgent;

/// <summary>An agent that writes nothing about itself but what it prints: what agentctl launches, it knows all the same.</summary>
internal sealed class PlainSession : IScriptedSession
{
    public string Id { get; } = $"demo-{Guid.NewGuid().ToString("n")[..8]}";

    public void Become(string state)
    {
    }

    public void Dispose()
    {
    }
}
