using System.Net;
using Agentctl.Core;
using Agentctl.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_describes_the_endpoints_that_exist()
    {
        await using var daemon = await TestDaemon.InMemory(
            services =>
            {
                services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Readable));
                services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
                {
                    document.Info.Title = "agentctl daemon";
                    document.Info.Version = "1";
                    document.Info.Description = "HTTP over the Unix socket AGENTCTL_HOME/daemon.sock; see docs/specs/api.md.";
                    document.Servers?.Clear();
                    return Task.CompletedTask;
                }));
            },
            app => app.MapOpenApi("/generated/{documentName}.json"));

        var generated = await daemon.InMemoryClient().GetStringAsync("/generated/v1.json");

        GoldenFile.Matches("docs/specs/openapi.json", generated.ReplaceLineEndings("\n") + "\n");
    }

    [Fact]
    public async Task Document_is_served()
    {
        await using var daemon = await TestDaemon.InMemory();
        var response = await daemon.InMemoryClient().GetAsync("/v1/openapi.json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/specs/openapi.json")), await response.Content.ReadAsStringAsync());
    }
}
