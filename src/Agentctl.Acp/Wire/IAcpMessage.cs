using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Anything that has a place in the protocol's JSON: params, results and the objects inside them.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IAcpMessage<TSelf>
    where TSelf : IAcpMessage<TSelf>
{
    /// <summary>Decodes as leniently as the protocol's schema says (its <c>x-deserialize-*</c> keywords).</summary>
    /// <exception cref="AcpFormatException">A required member is missing or of another type.</exception>
    static abstract TSelf Read(JsonElement json);

    /// <summary>Writes one JSON value; absent members are left out.</summary>
    void Write(Utf8JsonWriter json);
}
