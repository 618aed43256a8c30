using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>
/// A <c>session/update</c> that carries a piece of text and nothing else, read without building a document of it: an agent that streams
/// sends thousands of them in a turn. Whatever is in the least unusual is left to <see cref="SessionNotification.Read"/>.
/// </summary>
/// <param name="Kind"><see cref="SessionUpdate.Chunk.Agent"/>, <see cref="SessionUpdate.Chunk.Thought"/> or <see cref="SessionUpdate.Chunk.User"/>.</param>
/// <param name="Text">What is said.</param>
/// <param name="SessionId">The session it is said in.</param>
public readonly record struct TextChunk(string Kind, string Text, string SessionId = "")
{
    /// <summary>Reads one whole line.</summary>
    /// <returns>False when it is anything else, or may be: the line is then to be read in the usual way.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out TextChunk chunk)
    {
        chunk = default;
        var json = new Utf8JsonReader(line);
        try
        {
            return IsAtObject(ref json) && TryReadMessage(ref json, out chunk) && !json.Read();
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no UTF-8.
            return false;
        }
    }

    // {"jsonrpc":"2.0","method":"session/update","params":{…}}
    private static bool TryReadMessage(ref Utf8JsonReader json, out TextChunk chunk)
    {
        chunk = default;
        var (isUpdate, hasParams) = (false, false);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("method"u8))
            {
                if (isUpdate || !json.Read() || json.TokenType != JsonTokenType.String || !json.ValueTextEquals("session/update"u8))
                {
                    return false;
                }

                isUpdate = true;
            }
            else if (json.ValueTextEquals("params"u8))
            {
                if (hasParams || !IsAtObject(ref json) || !TryReadParams(ref json, out chunk))
                {
                    return false;
                }

                hasParams = true;
            }
            else if (json.ValueTextEquals("jsonrpc"u8))
            {
                json.Skip();
            }
            else
            {
                return false;
            }
        }

        return isUpdate && hasParams;
    }

    // {"sessionId":"…","update":{…}}
    private static bool TryReadParams(ref Utf8JsonReader json, out TextChunk chunk)
    {
        chunk = default;
        string? session = null;
        var hasUpdate = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("sessionId"u8))
            {
                if (session is not null || !json.Read() || json.TokenType != JsonTokenType.String)
                {
                    return false;
                }

                session = json.GetString()!;
            }
            else if (json.ValueTextEquals("update"u8))
            {
                if (hasUpdate || !IsAtObject(ref json) || !TryReadUpdate(ref json, out chunk))
                {
                    return false;
                }

                hasUpdate = true;
            }
            else if (json.ValueTextEquals("_meta"u8))
            {
                json.Skip();
            }
            else
            {
                return false;
            }
        }

        chunk = chunk with { SessionId = session ?? "" };
        return session is not null && hasUpdate;
    }

    // {"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"…"},"messageId":"…"}
    private static bool TryReadUpdate(ref Utf8JsonReader json, out TextChunk chunk)
    {
        string? kind = null, text = null;
        chunk = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("sessionUpdate"u8))
            {
                if (kind is not null || !json.Read() || !TryReadKind(ref json, out kind))
                {
                    return false;
                }
            }
            else if (json.ValueTextEquals("content"u8))
            {
                if (text is not null || !IsAtObject(ref json) || !TryReadText(ref json, out text))
                {
                    return false;
                }
            }
            else if (json.ValueTextEquals("messageId"u8) || json.ValueTextEquals("_meta"u8))
            {
                json.Skip();
            }
            else
            {
                return false;
            }
        }

        chunk = new TextChunk(kind ?? "", text ?? "");
        return kind is not null && text is not null;
    }

    private static bool TryReadKind(ref Utf8JsonReader json, [NotNullWhen(true)] out string? kind)
    {
        kind = json.TokenType != JsonTokenType.String ? null
            : json.ValueTextEquals("agent_message_chunk"u8) ? SessionUpdate.Chunk.Agent
            : json.ValueTextEquals("agent_thought_chunk"u8) ? SessionUpdate.Chunk.Thought
            : json.ValueTextEquals("user_message_chunk"u8) ? SessionUpdate.Chunk.User
            : null;
        return kind is not null;
    }

    private static bool TryReadText(ref Utf8JsonReader json, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var isText = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("type"u8))
            {
                if (isText || !json.Read() || json.TokenType != JsonTokenType.String || !json.ValueTextEquals("text"u8))
                {
                    return false;
                }

                isText = true;
            }
            else if (json.ValueTextEquals("text"u8) && text is null && json.Read() && json.TokenType == JsonTokenType.String)
            {
                text = json.GetString()!;
            }
            else
            {
                return false;
            }
        }

        return isText && text is not null;
    }

    private static bool IsAtObject(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.StartObject;
}
