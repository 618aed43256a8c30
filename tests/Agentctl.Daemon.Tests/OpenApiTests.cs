using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;
using Agentctl.Core;
using Agentctl.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
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
                }).AddSchemaTransformer((schema, context, _) =>
                {
                    // A converter hides from the generator that it reads a number.
                    if (Longest(context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(JsonConverterAttribute), inherit: false)) is { } longest)
                    {
                        (schema.Type, schema.Format) = (JsonSchemaType.Number | JsonSchemaType.Null, "double");
                        (schema.Minimum, schema.Maximum) = ("0", longest.ToString(CultureInfo.InvariantCulture));
                    }

                    return Task.CompletedTask;
                }));
            },
            app => app.MapOpenApi("/generated/{documentName}.json"));

        var generated = await daemon.InMemoryClient().GetStringAsync("/generated/v1.json");

        GoldenFile.Matches("docs/specs/openapi.json", generated.ReplaceLineEndings("\n") + "\n");
    }

    private static double? Longest(object[]? converters) =>
        converters is not [JsonConverterAttribute { ConverterType: { } type }] ? null
        : type == typeof(TimeLimitSecondsConverter) ? TimeLimit.Longest.TotalSeconds
        : type == typeof(LifetimeSecondsConverter) ? Lifetime.Longest.TotalSeconds
        : type == typeof(LifetimeDaysConverter) ? Lifetime.Longest.TotalDays
        : null;

    [Fact]
    public async Task Document_is_served()
    {
        await using var daemon = await TestDaemon.InMemory();
        var response = await daemon.InMemoryClient().GetAsync("/v1/openapi.json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/specs/openapi.json")), await response.Content.ReadAsStringAsync());
    }
}
