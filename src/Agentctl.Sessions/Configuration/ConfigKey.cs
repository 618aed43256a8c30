namespace Agentctl.Sessions;

/// <summary>One key of the file.</summary>
public sealed record ConfigKey(string Name, ConfigKind Kind, bool IsSecret, string Meaning);

public enum ConfigKind
{
    Text,
    Seconds,
    SecondsByAdapter,
    Count,
    CountByName,
    TextList,
    LockMode,
    Agents,
    Gateways,

    /// <summary>A text about ACP sessions.</summary>
    AcpText,

    /// <summary>A number about ACP sessions.</summary>
    AcpNumber,

    /// <summary>Anything else about ACP sessions, as JSON.</summary>
    Acp,
}
