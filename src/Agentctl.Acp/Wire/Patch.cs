namespace Agentctl.Acp;

/// <summary>A member of an update of which it matters whether it was there: absent leaves the value as it is, null clears it.</summary>
/// <typeparam name="T">What it holds.</typeparam>
/// <param name="IsPresent">It was there, perhaps as null.</param>
/// <param name="Value">Null also when it was absent.</param>
public readonly record struct Patch<T>(bool IsPresent, T? Value)
    where T : class
{
    /// <summary>The value after this update.</summary>
    /// <param name="before">The value before it.</param>
    public T? Over(T? before) => IsPresent ? Value : before;
}
