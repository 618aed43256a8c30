using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Agentctl.Testing;

/// <summary>
/// A gateway of ours on a free port of 127.0.0.1 that speaks protocol 4 as far as a reader needs it, and misbehaves as its script
/// says: what the real one will not do on demand.
/// </summary>
public sealed class ScriptedGateway : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<JsonObject> rows = [];
    private readonly ConcurrentDictionary<ScriptedConnection, Task> connections = new();
    private readonly ConcurrentDictionary<string, int> calls = new();
    private readonly ConcurrentQueue<string> frames = new();
    private readonly CancellationTokenSource ending = new();
    private TcpListener listener;
    private Task accepting;
    private int accepted;
    private int starting;

    private ScriptedGateway(GatewayScript script)
    {
        Script = script;
        listener = Listen(0);
        accepting = Accept(listener);
    }

    public static ScriptedGateway Start(GatewayScript? script = null, params IEnumerable<JsonObject> rows)
    {
        var gateway = new ScriptedGateway(script ?? new GatewayScript());
        gateway.starting = gateway.Script.StartingUpTimes;
        gateway.rows.AddRange(rows);
        return gateway;
    }

    /// <summary>What it does from the next connection or call on.</summary>
    public GatewayScript Script { get; set; }

    public int Port { get; private set; }
    public string Url => $"ws://127.0.0.1:{Port}";

    /// <summary>How many connections were ever taken.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>How many are open now.</summary>
    public int Open => connections.Count;

    /// <summary>How often a method was called.</summary>
    public int Calls(string method) => calls.GetValueOrDefault(method);

    /// <summary>Every text it received.</summary>
    public IReadOnlyCollection<string> Received => frames;

    /// <summary>Messages of chat.history, oldest first, for any key.</summary>
    public List<JsonObject> Messages { get; } = [];

    /// <summary>Adds a row, or replaces the one with its key.</summary>
    public void Set(JsonObject row)
    {
        lock (gate)
        {
            rows.RemoveAll(other => (string)other["key"]! == (string)row["key"]!);
            rows.Insert(0, row);
        }
    }

    public void Remove(string key)
    {
        lock (gate)
        {
            rows.RemoveAll(row => (string)row["key"]! == key);
        }
    }

    /// <summary>Sets a row and tells the subscribers.</summary>
    public async Task Change(JsonObject row)
    {
        Set(row);
        await Emit("sessions.changed", new JsonObject { ["sessionKey"] = (string)row["key"]!, ["phase"] = "model" });
    }

    /// <summary>Sends an event to every subscriber; <paramref name="lost"/> events before it are counted and never sent.</summary>
    public async Task Emit(string name, JsonObject payload, int lost = 0)
    {
        foreach (var connection in connections.Keys.Where(connection => connection.IsSubscribed))
        {
            await connection.SendEvent(name, payload.ToJsonString(), lost);
        }
    }

    /// <summary>Breaks every connection without a goodbye.</summary>
    public void Drop()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Break();
        }
    }

    /// <summary>Stops listening and breaks every connection: from now on it refuses.</summary>
    public async Task Stop()
    {
        listener.Stop();
        Drop();
        await accepting;
        await Task.WhenAll(connections.Values);
    }

    /// <summary>Listens again on the port of before.</summary>
    public void StartAgain()
    {
        listener = Listen(Port);
        accepting = Accept(listener);
    }

    internal bool IsStartingUp => Interlocked.Decrement(ref starting) >= 0;

    internal IReadOnlyList<JsonObject> Rows
    {
        get
        {
            lock (gate)
            {
                return [.. rows];
            }
        }
    }

    internal void Note(string method, string frame)
    {
        calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        frames.Enqueue(frame);
    }

    private TcpListener Listen(int port)
    {
        var listening = new TcpListener(IPAddress.Loopback, port);
        listening.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listening.Start();
        Port = ((IPEndPoint)listening.LocalEndpoint).Port;
        return listening;
    }

    private async Task Accept(TcpListener listening)
    {
        try
        {
            while (true)
            {
                var socket = await listening.AcceptSocketAsync(ending.Token);
                Interlocked.Increment(ref accepted);
                var connection = new ScriptedConnection(this, socket);
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                connections[connection] = done.Task;
                _ = Task.Run(async () =>
                {
                    await connection.Run(ending.Token);
                    connections.TryRemove(connection, out _);
                    connection.Dispose();
                    done.SetResult();
                });
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Stop();
        ending.Dispose();
        listener.Dispose();
    }
}
