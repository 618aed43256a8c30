using System.Text;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>What agentctl tells of one session.</summary>
internal sealed record Seen(string Status, string? Reason, bool Alive, string Owner, int? Pid, string? Cwd, string Raw)
{
    public static Seen From(JsonElement row) => new(
        row.GetProperty("status").GetString()!,
        Text(row, "reason"),
        row.GetProperty("alive").GetBoolean(),
        row.GetProperty("owner").GetString()!,
        row.TryGetProperty("pid", out var pid) ? pid.GetInt32() : null,
        Text(row, "cwd"),
        row.GetRawText());

    /// <summary>Ended, whether well or badly.</summary>
    public bool IsTerminal => Status is "stopped" or "error" && !Alive;

    private static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>
/// Looks at the sandbox with the published agentctl, through its daemon and without one, and demands that both print the same
/// bytes, and that <c>status</c> prints the row that <c>list</c> has.
/// </summary>
internal sealed class Observer(Sandbox sandbox)
{
    private const int Looks = 5;

    public AgentctlCli Alone { get; } = new(sandbox, withDaemon: false);
    public AgentctlCli Served { get; } = new(sandbox, withDaemon: true);

    /// <summary>Every session.</summary>
    public async Task<IReadOnlyList<JsonElement>> Rows()
    {
        // The agents live on between two looks, so a difference counts only when the world stood still around it.
        for (var look = 1; ; look++)
        {
            var before = await List(Alone);
            var served = await List(Served);
            var after = await List(Alone);
            if (before == after && (before == served || look == Looks))
            {
                // A run of the gateway's own can come and go between two looks that tell the same; what stays different is a difference.
                Assert.Equal(before, served);
                sandbox.Tell("$ agentctl list -a --json\n" + before);
                using var document = JsonDocument.Parse(before);
                return [.. document.RootElement.EnumerateArray().Select(row => row.Clone())];
            }

            Assert.True(look < Looks, $"the rows never stood still:\n{before}\n{after}");
        }
    }

    /// <summary>One session, or null when there is none of this id.</summary>
    public async Task<Seen?> Find(string id)
    {
        for (var look = 1; ; look++)
        {
            if (await Row(id) is not { } row)
            {
                return null;
            }

            var alone = await Alone.Run("status", id, "--json");
            var served = await Served.Run("status", id, "--json");
            if (await Row(id) is { } after && Compact(after) == Compact(row))
            {
                Assert.All([alone, served], status => Assert.Equal(Compact(row), Compact(JsonDocument.Parse(status.Output).RootElement)));
                return Seen.From(row);
            }

            Assert.True(look < Looks, $"the row of {id} never stood still: {row}");
        }
    }

    /// <summary>One session that has to be there.</summary>
    public async Task<Seen> See(string id)
    {
        var seen = await Find(id);
        Assert.True(seen is not null, $"no row of {id}");
        return seen;
    }

    /// <summary>Until agentctl tells this; for what the agent itself takes its time to write.</summary>
    public Task<Seen?> Until(string id, string what, Func<Seen, bool> isSo) =>
        Eventually.See(what, RealProcess.UsualDeadline, () => Find(id), seen => seen is not null && isSo(seen));

    private async Task<JsonElement?> Row(string id)
    {
        var row = (await Rows()).FirstOrDefault(row => row.GetProperty("id").GetString() == id || HasAlias(row, id));
        return row.ValueKind == JsonValueKind.Undefined ? null : row;
    }

    private static async Task<string> List(AgentctlCli cli)
    {
        var result = await cli.Quietly("list", "-a", "--json");
        Assert.True(result.ExitCode is 0 or 6, $"agentctl list -a --json ended with {result.ExitCode}: {result.Error}");
        return result.Output;
    }

    /// <summary>The same bytes but for the indentation, which differs between a list and a single object.</summary>
    private static string Compact(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static bool HasAlias(JsonElement row, string id) =>
        row.TryGetProperty("aliases", out var aliases) && aliases.EnumerateArray().Any(alias => alias.GetString() == id);
}
