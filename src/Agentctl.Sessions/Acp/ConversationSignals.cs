namespace Agentctl.Sessions;

/// <summary>A signal for each ACP session that somebody follows. Nothing is kept of a session that nobody follows. Thread-safe.</summary>
internal sealed class ConversationSignals
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Followed> followed = new(StringComparer.Ordinal);

    /// <summary>How many sessions are followed.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return followed.Count;
            }
        }
    }

    public void Raise(string conversation)
    {
        Followed? known;
        lock (gate)
        {
            known = followed.GetValueOrDefault(conversation);
        }

        known?.Signal.Raise();
    }

    /// <summary>The signal of a session, kept until disposed.</summary>
    public Subscription Follow(string conversation)
    {
        lock (gate)
        {
            if (!followed.TryGetValue(conversation, out var known))
            {
                followed[conversation] = known = new Followed();
            }

            known.Followers++;
            return new Subscription(this, conversation, known);
        }
    }

    public sealed class Followed
    {
        public ChangeSignal Signal { get; } = new();

        public int Followers { get; set; }
    }

    public sealed class Subscription(ConversationSignals owner, string conversation, Followed followed) : IDisposable
    {
        private bool isDisposed;

        public ChangeSignal Signal => followed.Signal;

        public void Dispose()
        {
            lock (owner.gate)
            {
                if (!isDisposed && --followed.Followers == 0)
                {
                    owner.followed.Remove(conversation);
                }

                isDisposed = true;
            }
        }
    }
}
