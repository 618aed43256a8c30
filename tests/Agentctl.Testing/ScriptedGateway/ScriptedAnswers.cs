using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Agentctl.Testing;

/// <summary>What a scripted gateway answers to one client's requests.</summary>
internal sealed class ScriptedAnswers(ScriptedGateway gateway, ScriptedConnection connection)
{
    private GatewayScript Script => gateway.Script;

    /// <summary>The answer, with how the connection is closed after it; null = none.</summary>
    public (JsonObject Frame, WebSocketCloseStatus? Close)? To(JsonObject request)
    {
        var parameters = request["params"]!.AsObject();
        return (string)request["method"]! switch
        {
            "connect" => Script.Fault == GatewayFault.HangAfterChallenge ? null : Connect(request, parameters),
            "sessions.subscribe" => Subscribe(request),
            "sessions.list" => List(request, parameters),
            "chat.history" => (Good(request, History(parameters)), null),
            var other => (Bad(request, "INVALID_REQUEST", $"unknown method: {other}"), null),
        };
    }

    private (JsonObject, WebSocketCloseStatus?) Connect(JsonObject request, JsonObject parameters)
    {
        if ((int)parameters["minProtocol"]! > Script.Protocol || (int)parameters["maxProtocol"]! < Script.Protocol)
        {
            return (Bad(request, "INVALID_REQUEST", "protocol mismatch", new JsonObject { ["code"] = "PROTOCOL_MISMATCH", ["expectedProtocol"] = Script.Protocol }), WebSocketCloseStatus.ProtocolError);
        }

        if (gateway.IsStartingUp)
        {
            return (Bad(request, "UNAVAILABLE", "gateway starting; retry shortly", new JsonObject { ["reason"] = "startup-sidecars" }, retryAfterMs: 50), WebSocketCloseStatus.EndpointUnavailable);
        }

        if (parameters["auth"]?["token"] is not { } token)
        {
            return (Bad(request, "INVALID_REQUEST", "unauthorized: gateway token missing", new JsonObject { ["code"] = "AUTH_TOKEN_MISSING" }), WebSocketCloseStatus.PolicyViolation);
        }

        if ((string?)token != Script.Token)
        {
            // A gateway that repeats what it was sent: it must not reach a message.
            return (Bad(request, "INVALID_REQUEST", $"unauthorized: gateway token mismatch ({token})", new JsonObject { ["code"] = "AUTH_TOKEN_MISMATCH" }), WebSocketCloseStatus.PolicyViolation);
        }

        if (Script.WantsDevice && parameters["device"] is null)
        {
            return (Bad(request, "NOT_PAIRED", "device identity required", new JsonObject { ["code"] = "DEVICE_IDENTITY_REQUIRED" }), WebSocketCloseStatus.PolicyViolation);
        }

        return (Good(request, new JsonObject
        {
            ["type"] = "hello-ok",
            ["protocol"] = 4,
            ["server"] = new JsonObject { ["version"] = "2026.9.6-scripted", ["connId"] = "c1" },
            ["auth"] = new JsonObject { ["role"] = "operator", ["scopes"] = new JsonArray([.. Script.Scopes.Select(scope => (JsonNode)scope)]) },
            ["policy"] = new JsonObject { ["maxPayload"] = 26214400, ["tickIntervalMs"] = Script.TickIntervalMs },
        }), null);
    }

    private (JsonObject, WebSocketCloseStatus?) Subscribe(JsonObject request)
    {
        connection.IsSubscribed = true;
        return (Good(request, new JsonObject { ["subscribed"] = true }), null);
    }

    private (JsonObject, WebSocketCloseStatus?)? List(JsonObject request, JsonObject parameters)
    {
        if (Script.Fault is GatewayFault.HangOnList or GatewayFault.CloseOnList)
        {
            return null;
        }

        if (Script.IsOld && parameters["activeOnly"] is not null)
        {
            return (Bad(request, "INVALID_REQUEST", "invalid sessions.list params: at root: unexpected property 'activeOnly'"), null);
        }

        var offset = (int?)parameters["offset"] ?? 0;
        var limit = Math.Min((int?)parameters["limit"] ?? 100, Script.PageLimit);
        var page = (offset / limit) + 1;
        Script.BeforePage?.Invoke(page);
        if (Script.FailingPage == page)
        {
            return (Bad(request, "INTERNAL", "session store is busy"), null);
        }

        var search = (string?)parameters["search"];
        var matching = gateway.Rows
            .Where(row => (bool?)parameters["activeOnly"] is not true || (bool?)row["hasActiveRun"] is true)
            .Where(row => search is null || ((string)row["key"]!).Contains(search, StringComparison.Ordinal) || (string?)row["sessionId"] == search)
            .ToList();
        var hasMore = offset + limit < matching.Count;
        return (Good(request, new JsonObject
        {
            ["ts"] = ScriptedRows.Now,
            ["totalCount"] = matching.Count,
            ["limitApplied"] = limit,
            ["hasMore"] = hasMore,
            ["nextOffset"] = hasMore && Script.Fault != GatewayFault.MoreWithoutOffset ? offset + limit : null,
            ["sessions"] = new JsonArray([.. matching.Skip(offset).Take(limit).Select(row => row.DeepClone())]),
        }), null);
    }

    private JsonObject History(JsonObject parameters)
    {
        var offset = (int?)parameters["offset"] ?? 0;
        var limit = (int?)parameters["limit"] ?? 100;
        var end = Math.Max(0, gateway.Messages.Count - offset);
        var start = Math.Max(0, end - limit);
        return new JsonObject
        {
            ["messages"] = new JsonArray([.. gateway.Messages[start..end].Select(message => message.DeepClone())]),
            ["hasMore"] = start > 0,
            ["nextOffset"] = start > 0 ? offset + limit : null,
            ["totalMessages"] = gateway.Messages.Count,
        };
    }

    private static JsonObject Good(JsonObject request, JsonObject payload) =>
        new() { ["type"] = "res", ["id"] = (string)request["id"]!, ["ok"] = true, ["payload"] = payload };

    private static JsonObject Bad(JsonObject request, string code, string message, JsonObject? details = null, int? retryAfterMs = null)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        if (details is not null)
        {
            error["details"] = details;
        }

        if (retryAfterMs is not null)
        {
            error["retryable"] = true;
            error["retryAfterMs"] = retryAfterMs;
        }

        return new JsonObject { ["type"] = "res", ["id"] = (string)request["id"]!, ["ok"] = false, ["error"] = error };
    }
}
