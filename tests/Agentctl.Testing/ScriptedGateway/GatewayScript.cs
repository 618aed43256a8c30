namespace Agentctl.Testing;

/// <summary>Where a scripted gateway misbehaves.</summary>
public enum GatewayFault
{
    None,

    /// <summary>Takes the connection and never says a word.</summary>
    HangAfterAccept,
    CloseAfterAccept,

    /// <summary>Answers the upgrade with 404.</summary>
    NotFound,

    /// <summary>Answers the upgrade with 503, as the real one from SIGTERM until its runs have finished.</summary>
    Draining,

    /// <summary>Answers with something that is not HTTP.</summary>
    NotHttp,

    /// <summary>Becomes a WebSocket and sends no challenge.</summary>
    HangAfterUpgrade,
    CloseAfterUpgrade,

    /// <summary>Sends a text that is not JSON instead of the challenge.</summary>
    GarbageText,

    /// <summary>Sends a frame with reserved bits instead of the challenge.</summary>
    GarbageFrame,
    BinaryFrame,

    /// <summary>Sends one message that does not end.</summary>
    EndlessFrame,
    ChallengeWithoutNonce,

    /// <summary>Sends the challenge and never answers connect.</summary>
    HangAfterChallenge,
    CloseAfterChallenge,

    /// <summary>Greets and never answers sessions.list.</summary>
    HangOnList,
    CloseOnList,

    /// <summary>Says there are more pages, and not where.</summary>
    MoreWithoutOffset,
}

/// <summary>What a scripted gateway does.</summary>
public sealed record GatewayScript
{
    public GatewayFault Fault { get; init; }
    public string Token { get; init; } = "scripted-secret-token";
    public int Protocol { get; init; } = 4;
    public IReadOnlyList<string> Scopes { get; init; } = ["operator.read"];

    /// <summary>So many connects are answered with UNAVAILABLE first.</summary>
    public int StartingUpTimes { get; init; }

    /// <summary>Refuses to greet without a device identity.</summary>
    public bool WantsDevice { get; init; }

    /// <summary>Largest page it gives, whatever is asked for.</summary>
    public int PageLimit { get; init; } = 1000;

    /// <summary>This page (from 1) of every list is answered with an error.</summary>
    public int? FailingPage { get; init; }

    /// <summary>Called before a page (from 1) is put together.</summary>
    public Action<int>? BeforePage { get; init; }

    public int TickIntervalMs { get; init; } = 30_000;

    /// <summary>Refuses <c>activeOnly</c>, as a gateway that does not know it.</summary>
    public bool IsOld { get; init; }
}
