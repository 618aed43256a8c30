namespace Agentctl.Adapters.OpenClaw;

/// <summary>Why a look at the gateway failed.</summary>
internal enum GatewayFailureKind
{
    /// <summary>Nothing listens at the address.</summary>
    Refused,
    Unreachable,

    /// <summary>It accepted, and then said nothing within the deadline.</summary>
    Silent,
    NotAGateway,
    ClosedEarly,
    Garbage,
    Oversized,
    WrongToken,
    NoToken,
    WrongProtocol,
    MissingScope,
    NeedsDevice,
    NotPaired,
    StartingUp,
    RateLimited,

    /// <summary>It answered a call with an error.</summary>
    CallFailed,

    /// <summary>The answer contradicts the protocol.</summary>
    BadAnswer,

    /// <summary>Our side ended the connection.</summary>
    Ended,
}

/// <summary>A look at the gateway failed. The message says what happened, to which address, and what to do next; never a secret.</summary>
internal sealed class GatewayFailure(GatewayFailureKind kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public GatewayFailureKind Kind { get; } = kind;

    /// <summary>The gateway's own hint when to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The gateway's own error code, for callers that know it.</summary>
    public string? Code { get; init; }
}
