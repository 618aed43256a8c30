using System.Text.RegularExpressions;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Architecture.Tests;

/// <summary>
/// Adapters read what other programs wrote. They do it through one gate (ForeignJson, ForeignRecords, ForeignFile), which no bytes make
/// throw, and through one opening function (NativeFile, JsonLines), which waits for no pipe and reads no more than its limit.
/// </summary>
public sealed partial class ForeignFilesTests
{
    /// <summary>JSON5 that a person writes by hand, with comments: no JSON for the gate.</summary>
    private const string Json5 = "OpenClaw/Json5.cs";

    [Fact]
    public void Adapters_read_files_and_json_through_the_gate_only()
    {
        var adapters = Path.Combine(Repository.Root, "src", "Agentctl.Adapters");
        var bypasses =
            from file in Directory.GetFiles(adapters, "*.cs", SearchOption.AllDirectories)
            let name = Path.GetRelativePath(adapters, file)
            where !name.StartsWith("obj", StringComparison.Ordinal) && name != Json5
            from line in File.ReadAllLines(file).Select((text, index) => (text, number: index + 1))
            where Bypass().IsMatch(line.text)
            select $"{name}:{line.number}: {line.text.Trim()}";

        Assert.Empty(bypasses);
    }

    [GeneratedRegex(@"\b(JsonDocument\.Parse|JsonNode\.Parse|JsonSerializer\.Deserialize|JsonElement\.Parse|new Utf8JsonReader|new StreamReader|new FileStream|File\.(Read|Open))")]
    private static partial Regex Bypass();
}
