using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Agentctl.Acp.Tests;

/// <summary>What we write is what the protocol's schema says, and what we read is read as leniently as it says.</summary>
public sealed class SchemaTests
{
    public static TheoryData<Sample> All => Samples.All;

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_written_is_valid(Sample sample) =>
        Assert.Null(OfficialSchema.WrongWith(sample.Definition, JsonDocument.Parse(sample.Json).RootElement));

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_read_is_written_again(Sample sample) => Assert.Equal(sample.Json, sample.Again(JsonDocument.Parse(sample.Json).RootElement));

    /// <summary>Every request, answer and notification of the stable protocol is among the samples.</summary>
    [Fact]
    public void No_message_of_the_protocol_is_missing()
    {
        var known = Samples.All.Select(static row => row.Data.Definition).ToHashSet();
        var wanted = OfficialSchema.Root["$defs"]!.AsObject().Where(static pair => pair.Value!["x-method"] is not null).Select(static pair => pair.Key)

            // Written by the connection itself; and bodies that are empty for both.
            .Except(["CancelRequestNotification", "ReleaseTerminalResponse", "KillTerminalResponse"]);

        Assert.Empty(wanted.Except(known));
    }

    /// <summary>
    /// For each member of each message: absent where it is required is an error; a bad value is one too, unless the schema says that it
    /// counts as the default.
    /// </summary>
    [Theory]
    [MemberData(nameof(All))]
    public void Members_are_as_lenient_as_the_schema_says(Sample sample)
    {
        var definition = OfficialSchema.Definition(sample.Definition);
        if (definition["properties"] is not JsonObject properties)
        {
            return;
        }

        var required = definition["required"]?.AsArray().Select(static name => (string)name!).ToHashSet() ?? [];
        foreach (var (name, schema) in properties)
        {
            if (name == "_meta" || JsonNode.Parse(sample.Json)!.AsObject()[name] is null)
            {
                continue;
            }

            var without = JsonNode.Parse(sample.Json)!.AsObject();
            without.Remove(name);
            Expect(sample, without, required.Contains(name), $"{name} absent");

            // Opaque values take anything.
            if (name is "rawInput" or "rawOutput" or "data" or "requestedSchema")
            {
                continue;
            }

            var bad = JsonNode.Parse(sample.Json)!.AsObject();
            bad[name] = schema!["type"] is JsonValue type && (string?)type == "boolean" ? "no" : JsonNode.Parse("{\"no\":[]}");
            Expect(sample, bad, !IsSet(schema, "x-deserialize-default-on-error"), $"{name} of another type");
            if (IsSet(schema, "x-deserialize-default-on-null"))
            {
                var none = JsonNode.Parse(sample.Json)!.AsObject();
                none[name] = null;
                Expect(sample, none, isError: false, $"{name} null");
            }

            if (IsSet(schema, "x-deserialize-skip-invalid-items") && bad[name] is not null)
            {
                var mixed = JsonNode.Parse(sample.Json)!.AsObject();
                var list = mixed[name]!.AsArray();
                var good = list.Count;
                list.Insert(0, JsonValue.Create(17));
                var read = JsonNode.Parse(sample.Again(JsonDocument.Parse(mixed.ToJsonString()).RootElement))!.AsObject();
                Assert.Equal(good, read[name]!.AsArray().Count);
            }
        }
    }

    [Theory]
    [InlineData("""{"sessionUpdate":"_of_tomorrow","x":{"y":1}}""")]
    [InlineData("""{"sessionUpdate":"agent_message_chunk","content":{"type":"hologram","data":[1]}}""")]
    public void Unknown_variants_are_kept_as_they_came(string update)
    {
        var json = $$"""{"sessionId":"s1","update":{{update}}}""";
        Assert.Equal(json, Samples.Written(SessionNotification.Read(JsonDocument.Parse(json).RootElement)));
    }

    [Fact]
    public void A_known_variant_with_a_wrong_payload_is_no_other_variant() =>
        Assert.Throws<AcpFormatException>(() => SessionUpdate.Read(JsonDocument.Parse("""{"sessionUpdate":"plan","entries_":[]}""").RootElement));

    [Fact]
    public void Discriminators_may_stand_anywhere()
    {
        var update = SessionUpdate.Read(JsonDocument.Parse("""{"content":{"text":"x","type":"text"},"sessionUpdate":"agent_message_chunk"}""").RootElement);
        Assert.Equal(new ContentBlock.Text("x"), Assert.IsType<SessionUpdate.Chunk>(update).Content);
    }

    [Fact]
    public void Absent_and_null_differ_where_it_matters()
    {
        var info = Assert.IsType<SessionUpdate.InfoChanged>(SessionUpdate.Read(JsonDocument.Parse("""{"sessionUpdate":"session_info_update","title":null}""").RootElement));
        Assert.Null(info.Title.Over("before"));
        Assert.Equal("before", info.UpdatedAt.Over("before"));
    }

    [Fact]
    public void Legacy_models_and_unstable_usage_are_read()
    {
        var session = SessionResponse.Read(JsonDocument.Parse("""{"sessionId":"s","models":{"currentModelId":"a","availableModels":[{"modelId":"a","name":"A"},{"no":1}]}}""").RootElement);
        Assert.Equal(["a"], session.Models!.AvailableModels.Select(static model => model.ModelId));
        Assert.Equal(3, PromptResponse.Read(JsonDocument.Parse("""{"stopReason":"end_turn","usage":{"totalTokens":3,"inputTokens":"x"}}""").RootElement).Usage!.TotalTokens);
    }

    private static bool IsSet(JsonNode? schema, string keyword) => schema?[keyword] is JsonValue flag && (bool)flag;

    private static void Expect(Sample sample, JsonObject json, bool isError, string what)
    {
        var failure = Record.Exception(() => sample.Again(JsonDocument.Parse(json.ToJsonString()).RootElement));
        Assert.True(isError == failure is AcpFormatException && failure is null or AcpFormatException, $"{sample.Definition}: {what}: {(isError ? "an error was expected" : "no error was expected")}, and this came: {failure?.Message ?? "none"}");
    }
}
