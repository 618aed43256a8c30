namespace Agentctl.Acp;

/// <summary>A message lacks what the protocol requires. Answered to requests as -32602; a notification is dropped.</summary>
/// <param name="member">Which member.</param>
/// <param name="problem">What is wrong with it.</param>
public sealed class AcpFormatException(string member, string problem) : FormatException($"{member}: {problem}")
{
    /// <summary>The member that is missing or wrong.</summary>
    public string Member { get; } = member;
}
