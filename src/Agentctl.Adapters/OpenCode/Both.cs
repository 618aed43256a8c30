namespace Agentctl.Adapters.OpenCode;

/// <summary>Two watches that end together.</summary>
internal sealed class Both(IDisposable first, IDisposable second) : IDisposable
{
    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
