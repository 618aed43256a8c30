namespace Agentctl.Core;

/// <summary>One entry of a conversation.</summary>
/// <param name="Role"><c>user</c>, <c>assistant</c>, <c>tool</c> or <c>system</c>.</param>
/// <param name="Text">What was said, as written: untrusted, may hold control characters.</param>
/// <param name="Tool">Name of the tool a tool entry is about.</param>
/// <param name="At">When, if the record says so.</param>
/// <param name="Tokens">Usage the agent noted for this entry.</param>
/// <param name="Cursor">Continue after this entry with <see cref="TranscriptRange.After"/>. Grows; its meaning is the adapter's (bytes, a sequence number).</param>
public sealed record TranscriptEntry(string Role, string Text, string? Tool, DateTimeOffset? At, TokenUsage? Tokens, long Cursor);

/// <summary>Which part of a conversation.</summary>
/// <param name="Last">At most that many of the newest entries that match; null = all.</param>
/// <param name="After">Only entries after this cursor.</param>
/// <param name="Role">Only entries of this role; null = all roles.</param>
public sealed record TranscriptRange(int? Last = null, long? After = null, string? Role = null);
