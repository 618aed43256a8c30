namespace Agentctl.Acp;

/// <summary>Why a turn ended.</summary>
public static class StopReasons
{
    /// <summary>It is finished.</summary>
    public const string EndTurn = "end_turn";

    /// <summary>The limit of tokens was reached.</summary>
    public const string MaxTokens = "max_tokens";

    /// <summary>The limit of calls to the model within one turn was reached.</summary>
    public const string MaxTurnRequests = "max_turn_requests";

    /// <summary>The agent refuses; this prompt will not be part of the conversation.</summary>
    public const string Refusal = "refusal";

    /// <summary>The answer to <c>session/cancel</c>.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Whether the protocol names this reason.</summary>
    public static bool IsKnown(string reason) => reason is EndTurn or MaxTokens or MaxTurnRequests or Refusal or Cancelled;
}
