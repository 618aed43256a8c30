using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// Takes connections of our own user, and so many of them that descriptors are left for the shim's own work. Beyond that the process with
/// the most connections loses its oldest one: an agent that opens hundreds keeps nobody else out.
/// </summary>
internal sealed class ShimListener
{
    public const int LargestMessageBytes = 64 << 20;

    private const int MostConnections = 128;
    private const int FewestConnections = 8;

    /// <summary>How long to wait when the kernel has no descriptor or memory for a connection.</summary>
    private static readonly TimeSpan Exhausted = TimeSpan.FromMilliseconds(250);

    /// <summary>In the order in which they came.</summary>
    private readonly List<ShimConversation> conversations = [];
    private readonly int most = Math.Clamp(DescriptorLimit.Current / 4, FewestConnections, MostConnections);
    private readonly LocalSocket listening;
    private readonly PollLoop loop;
    private readonly OneLaunch launch;

    public ShimListener(LocalSocket listening, PollLoop loop, OneLaunch launch)
    {
        this.listening = listening;
        this.loop = loop;
        this.launch = launch;
        loop.Add(listening.Descriptor, () => IsPausing() ? Readiness.None : Readiness.Read, _ => Accept());
    }

    /// <summary>When connections are taken again; not set while they are.</summary>
    public Countdown Pause { get; } = new();

    /// <summary>At least one client is attached.</summary>
    public bool IsAnybodyAttached => conversations.Exists(static one => one.IsAttached);

    public void Left(ShimConversation conversation)
    {
        conversations.Remove(conversation);
        if (conversation.IsAttached)
        {
            launch.AttachedChanged();
        }
    }

    private bool IsPausing()
    {
        if (Pause.IsDue)
        {
            Pause.Clear();
        }

        return Pause.IsSet;
    }

    private void Accept()
    {
        bool isRefused;
        while (listening.Accept(out isRefused) is { } socket)
        {
            if (conversations.Count >= most)
            {
                MakeRoom();
            }

            conversations.Add(new ShimConversation(socket, loop, launch, this));
        }

        if (isRefused)
        {
            MakeRoom();
            Pause.Set(Exhausted);
        }
    }

    /// <summary>Attached clients go last.</summary>
    private void MakeRoom() => conversations
        .GroupBy(static one => one.PeerPid)
        .MaxBy(static peer => peer.Count())?
        .OrderBy(static one => one.IsAttached)
        .First()
        .Close();
}
