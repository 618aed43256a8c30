using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>Takes connections of our own user.</summary>
internal sealed class ShimListener
{
    public const int LargestMessageBytes = 64 << 20;

    private readonly List<ShimConversation> conversations = [];
    private readonly LocalSocket listening;
    private readonly PollLoop loop;
    private readonly OneLaunch launch;

    public ShimListener(LocalSocket listening, PollLoop loop, OneLaunch launch)
    {
        this.listening = listening;
        this.loop = loop;
        this.launch = launch;
        loop.Add(listening.Descriptor, static () => Readiness.Read, _ => Accept());
    }

    /// <summary>Somebody said that it wants to be there.</summary>
    public bool IsAnybodyAttached => conversations.Exists(static one => one.IsAttached);

    public void Left(ShimConversation conversation)
    {
        conversations.Remove(conversation);
        if (conversation.IsAttached)
        {
            launch.AttachedChanged();
        }
    }

    private void Accept()
    {
        while (listening.Accept() is { } socket)
        {
            conversations.Add(new ShimConversation(socket, loop, launch, this));
        }
    }
}
