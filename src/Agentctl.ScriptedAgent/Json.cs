using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agentctl.ScriptedAgent;

/// <summary>Values for the JSON lines an agent writes.</summary>
internal static class Json
{
    public static string Text(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    public static string Now() => Text(DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    public static long Milliseconds() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
