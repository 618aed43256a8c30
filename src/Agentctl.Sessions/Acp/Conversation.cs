using System.Threading.Channels;
using Agentctl.Acp;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Drives one ACP session while there is something to do for it: it holds the session's lease, starts its agent, gives it one prompt
/// after the other, and lets it go when it has rested long enough. Everything that must survive this process is in the journal, in the
/// agent's output and among the keys of what was written to it; a new driver goes on from there. Thread-safe.
/// </summary>
internal sealed partial class Conversation : IAcpHandler, IAsyncDisposable
{
    /// <summary>How much of what was asked is kept; what was answered is in the launches' output, which has a cap of its own.</summary>
    private const long JournalCapBytes = 16 << 20;

    private readonly AcpShared shared;
    private readonly AcpAgent agentKind;
    private readonly Lease lease;
    private readonly AcpJournal journal;
    private readonly Lock gate = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<AcpWork> work = [];
    private readonly Dictionary<string, ParkedApproval> approvals = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource leaving = new();
    private readonly IReadOnlyList<string> directories;
    private AcpRecord record;
    private AgentRun? agent;
    private ClientTerminals? terminals;
    private AcpTurn? turn;
    private IReadOnlyDictionary<string, string>? environment;
    private DateTimeOffset idleSince;
    private DateTimeOffset heardAt;
    private bool hasCarried;

    /// <summary>There while an agent is started for a prompt: cancelled when nobody wants it any more, or its time is over.</summary>
    private CancellationTokenSource? greeting;
    private bool isUnwanted;
    private bool isRetired;

    /// <summary>Who is about to want something; the one who opened it is the first.</summary>
    private int holds = 1;
    private int callers;
    private DateTimeOffset callersLeftAt;

    private Conversation(AcpShared shared, AcpRecord record, AcpAgent agentKind, Lease lease)
    {
        this.shared = shared;
        this.record = record;
        this.agentKind = agentKind;
        this.lease = lease;
        journal = AcpJournal.Open(shared.Store.JournalOf(record.Id));
        directories = [record.Cwd, .. record.AdditionalDirectories];
        idleSince = heardAt = callersLeftAt = shared.Time.GetUtcNow();
        Running = Task.CompletedTask;
    }

    public string Id => record.Id;

    public AcpRecord Record
    {
        get
        {
            lock (gate)
            {
                return record;
            }
        }
    }

    /// <summary>Ends when there is nothing left to do for the session.</summary>
    public Task Running { get; private set; }

    /// <summary>What the session is doing, in the words of the list.</summary>
    public SessionState State
    {
        get
        {
            lock (gate)
            {
                return approvals.Count > 0 ? SessionState.Waiting
                    : turn is { WasTold: false } ? SessionState.Running
                    : agent is not null ? SessionState.Idle
                    : work.Count > 0 ? SessionState.Starting
                    : SessionState.Stopped;
            }
        }
    }

    /// <summary>Prompts that wait behind the one that runs.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return work.OfType<AcpWork.Turn>().Count(one => one.Prompt.Id != turn?.Prompt.Id);
            }
        }
    }

    /// <summary>Since when its agent has nothing to do; null when it has, or there is none.</summary>
    public DateTimeOffset? RestsSince
    {
        get
        {
            lock (gate)
            {
                return agent is not null && turn is null && work.Count == 0 && approvals.Count == 0 ? idleSince : null;
            }
        }
    }

    public IReadOnlyList<ApprovalRow> Approvals
    {
        get
        {
            lock (gate)
            {
                return [.. approvals.Values.Select(static one => one.Row)];
            }
        }
    }

    /// <summary>Begins to drive a session; null when another process does.</summary>
    /// <param name="retired">Called once, when there is nothing left to do.</param>
    public static Conversation? TryOpen(AcpShared shared, AcpRecord record, AcpAgent agentKind, Action<Conversation> retired)
    {
        if (Lease.TryTake(shared.Store.LeaseOf(record.Id)) is not { } lease)
        {
            return null;
        }

        Conversation conversation;
        try
        {
            // Read again under the lease: the driver before may have written in between.
            conversation = new Conversation(shared, shared.Store.Find(record.Id) ?? record, agentKind, lease);
        }
        catch
        {
            // A record or a journal that cannot be read must not look like a session that another process drives.
            lease.Dispose();
            throw;
        }

        conversation.Running = Task.Run(() => conversation.Drive(retired));
        return conversation;
    }

    /// <summary>Keeps it from leaving; false when it has left already.</summary>
    public bool TryHold()
    {
        lock (gate)
        {
            holds += isRetired ? 0 : 1;
            return !isRetired;
        }
    }

    public void Release()
    {
        lock (gate)
        {
            holds--;
        }

        wake.Writer.TryWrite(true);
    }

    /// <summary>Lets go: agent, queue and questions stay for the next driver.</summary>
    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync().ConfigureAwait(false);
        Ring();
        await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        leaving.Dispose();
    }

    private string Name => $"{record.Adapter}/{record.SessionId ?? record.Id}";

    private void Ring()
    {
        wake.Writer.TryWrite(true);
        shared.Changed(Id);
    }

    private JournalEntry Entry(string kind) => new() { Kind = kind, At = shared.Time.GetUtcNow(), Launch = agent?.LaunchId, Offset = agent?.OutputEnd };

    private void Update(AcpRecord changed)
    {
        shared.Store.Write(changed);
        record = changed;
    }
}
