using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What the gateway is asked to do. Each on a connection of its own, with the right to write that looking does without.</summary>
public sealed partial class OpenClawAdapter
{
    /// <summary>How long an aborted run may take to be over in the gateway's own list.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long a session that was begun may take to be listed.</summary>
    private static readonly TimeSpan ListingPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public string Host => "gateway";

    public Task<OwnerAnswer?> Stop(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Abort(session, clearQueued: true, cancellationToken);

    public Task<OwnerAnswer?> Cancel(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Abort(session, clearQueued: false, cancellationToken);

    public async Task<OwnerAnswer?> Send(Sighting session, string text, AgentEnvironment environment, CancellationToken cancellationToken) => await Acting(
        GatewayHandshake.ActingScopes,
        async (gateway, token) =>
        {
            var answer = await Say("chat.send", gateway, KeyOf(session), text, $"agentctl-{Guid.NewGuid():n}", token);
            return new OwnerAnswer(true, "chat.send", $"the gateway took it: {answer.Text("status") ?? "accepted"}");
        },
        cancellationToken);

    public async Task<HostAnswer> Launch(HostWish wish, CancellationToken cancellationToken) => await Acting(
        GatewayHandshake.ActingScopes,
        async (gateway, token) =>
        {
            var key = wish.Resumes is { } resumed ? KeyOf(resumed) : await Create(gateway, wish, token);
            await Say(wish.Resumes is null ? "agent" : "chat.send", gateway, key, wish.Prompt, $"agentctl-{wish.Key}", token);
            var began = time.GetTimestamp();
            while (time.GetElapsedTime(began) < ListingPatience)
            {
                var rows = await SessionList.Read(gateway, new ListQuery(ActiveOnly: false, key), patientDeadlines.Call, token);
                if (rows.Values.FirstOrDefault(row => row.Key == key && row.HasEverRun) is { } row)
                {
                    return new HostAnswer(row.Id);
                }

                await Task.Delay(Pause, time, token);
            }

            return new HostAnswer(null, $"the gateway took the prompt for {key} and has not listed that session within {ListingPatience.TotalSeconds:0} s. See: agentctl list -a --adapter {Id}");
        },
        cancellationToken);

    private async Task<OwnerAnswer?> Abort(Sighting session, bool clearQueued, CancellationToken cancellationToken) => await Acting(
        GatewayHandshake.EndingScopes,
        async (gateway, token) =>
        {
            var key = KeyOf(session);
            var answer = await gateway.Connection.Call(
                "sessions.abort",
                json =>
                {
                    json.WriteString("key"u8, key);
                    if (clearQueued)
                    {
                        json.WriteBoolean("clearQueued"u8, true);
                    }
                },
                token);
            var asked = $"sessions.abort {key}";
            var began = time.GetTimestamp();
            while (true)
            {
                var rows = await SessionList.Read(gateway, new ListQuery(ActiveOnly: false, key), patientDeadlines.Call, token);
                if (!rows.Values.Any(row => row.Key == key && row.HasActiveRun is not false))
                {
                    return new OwnerAnswer(true, asked, answer.Text("abortedRunId") is { } run ? $"run {run} was aborted, and the gateway lists none any more" : "no run was active");
                }

                if (time.GetElapsedTime(began) > AbortPatience)
                {
                    return new OwnerAnswer(false, asked, $"the gateway answered {answer.Text("status") ?? "nothing"}, and lists the run as active still");
                }

                await Task.Delay(Pause, time, token);
            }
        },
        cancellationToken);

    // {"key":"agent:main:dashboard:1f6c…","sessionId":"…",…}
    private static async Task<string> Create(GatewaySession gateway, HostWish wish, CancellationToken cancellationToken)
    {
        var made = await gateway.Connection.Call(
            "sessions.create",
            json =>
            {
                if (wish.Name is { } name)
                {
                    json.WriteString("label"u8, name);
                }
            },
            cancellationToken);
        return made.Text("key") ?? throw new GatewayFailure(GatewayFailureKind.BadAnswer, "the OpenClaw gateway answered sessions.create without a key; is its version one that speaks protocol 4?");
    }

    /// <param name="method"><c>agent</c> or <c>chat.send</c>: they take the same, and both begin a run.</param>
    private static Task<JsonElement> Say(string method, GatewaySession gateway, string key, string text, string idempotencyKey, CancellationToken cancellationToken) => gateway.Connection.Call(
        method,
        json =>
        {
            json.WriteString("sessionKey"u8, key);
            json.WriteString("message"u8, text);
            json.WriteString("idempotencyKey"u8, idempotencyKey);
        },
        cancellationToken);

    private static string KeyOf(Sighting session) => session.Meta.GetValueOrDefault("key") ?? session.Id;

    private async Task<T> Acting<T>(IReadOnlyList<string> scopes, Func<GatewaySession, CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        var place = FindPlace(ProcessTable.Take());
        try
        {
            await using var gateway = await handshake.Open(place, patientDeadlines, onEvent: null, cancellationToken, scopes);
            return await act(gateway, cancellationToken);
        }
        catch (GatewayFailure failed)
        {
            throw new CannotLookException(failed.Message, failed);
        }
        finally
        {
            Follower?.Nudge();
        }
    }
}
