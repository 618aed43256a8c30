namespace Agentctl.Platform;

/// <summary>struct inotify_event, inotify(7).</summary>
internal readonly ref struct InotifyEvent(int watch, uint mask, ReadOnlySpan<byte> name)
{
    public int Watch { get; } = watch;

    /// <summary>What it is about, in the watched directory; empty = the directory itself.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    public bool IsOverflow => Has(EventCalls.IN_Q_OVERFLOW);

    public bool IsUnmount => Has(EventCalls.IN_UNMOUNT);

    /// <summary>The watched directory itself is not where it was, or not watched any more.</summary>
    public bool IsEnd => Has(EventCalls.IN_DELETE_SELF | EventCalls.IN_MOVE_SELF | EventCalls.IN_IGNORED | EventCalls.IN_UNMOUNT);

    /// <summary>Nothing more will be told of this watch.</summary>
    public bool IsLast => Has(EventCalls.IN_IGNORED);

    /// <summary>Who watches for these events is told of this one; of a watch's end everybody is.</summary>
    public bool IsFor(uint events) => Has(events | EventCalls.IN_IGNORED | EventCalls.IN_UNMOUNT);

    public bool IsDirectory => Has(EventCalls.IN_ISDIR);

    public bool IsCreation => Has(EventCalls.IN_CREATE);

    public bool IsAppearance => Has(EventCalls.IN_CREATE | EventCalls.IN_MOVED_TO);

    public bool IsDisappearance => Has(EventCalls.IN_DELETE | EventCalls.IN_MOVED_FROM);

    private bool Has(uint bits) => (mask & bits) != 0;

    /// <summary>Takes the first event off what was read from the kernel: watch 4, mask 4, cookie 4, length of the padded name 4, name.</summary>
    public static InotifyEvent Take(ref ReadOnlySpan<byte> read)
    {
        const int Fixed = 16;
        var nameLength = BitConverter.ToInt32(read[12..]);
        var taken = new InotifyEvent(BitConverter.ToInt32(read), BitConverter.ToUInt32(read[4..]), read.Slice(Fixed, nameLength).TrimEnd((byte)0));
        read = read[(Fixed + nameLength)..];
        return taken;
    }
}
