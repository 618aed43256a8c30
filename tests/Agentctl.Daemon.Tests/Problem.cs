using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Daemon.Tests;

internal static class Problem
{
    public static async Task<ProblemDocument> In(HttpResponseMessage response) =>
        JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), ApiJson.Readable.ProblemDocument)!;
}
