using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>Seconds of a <see cref="TimeLimit"/>. A number outside its range fails the document, and the serializer names the field.</summary>
public sealed class TimeLimitSecondsConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Number.Read(ref reader) is { } seconds && TimeLimit.TryFromSeconds(seconds) is not null ? seconds : throw new JsonException($"must be a number of seconds {TimeLimit.Range}");

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>Seconds of a <see cref="Lifetime"/>.</summary>
public sealed class LifetimeSecondsConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Number.Read(ref reader) is { } seconds && Lifetime.TryFromSeconds(seconds) is not null ? seconds : throw new JsonException($"must be a number of seconds {Lifetime.Range}");

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

/// <summary>Days of a <see cref="Lifetime"/>.</summary>
public sealed class LifetimeDaysConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Number.Read(ref reader) is { } days && Lifetime.TryFromDays(days) is not null ? days : throw new JsonException($"must be a number of days {Lifetime.Range}");

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

file static class Number
{
    /// <summary>Null for what is no number, and for one that no double holds.</summary>
    public static double? Read(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;
}
