using Agentctl.Platform;

namespace Agentctl.Adapters;

/// <summary>
/// The order in which records are read when there is not time for all: the newest first. Files larger than any conversation come last,
/// because each of them may cost as much as all the others together.
/// </summary>
internal static class ReadingOrder
{
    private const long LargestConversationBytes = 1L << 30;

    public static IEnumerable<FileEntry> Of(IEnumerable<FileEntry> files) =>
        files.OrderBy(static file => file.SizeBytes > LargestConversationBytes).ThenByDescending(static file => file.ModifiedAt);
}
