using System.CommandLine;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>What is said in one turn, how long it may take, and how the answer is printed.</summary>
internal sealed class TurnOptions
{
    private readonly Option<string?> file = new("--file", "-f") { Description = "Read the prompt from a file; - is stdin. Text on the command line is appended.", HelpName = "path" };
    private readonly Option<string?> timeout = CommonOptions.Duration("--timeout", "Cancel the turn after this long; exit code 3.");
    private readonly Option<string?> idleTimeout = CommonOptions.Duration("--idle-timeout", "Cancel the turn when the agent has been silent this long; exit code 3.");
    private readonly Option<int> retries = new("--prompt-retries") { Description = "Send it again when the agent failed before it had done anything.", HelpName = "n" };
    private readonly Option<string> format = new("--format") { Description = "text, json (the agent's messages, one per line) or quiet (only the answer, at the end).", HelpName = "format", DefaultValueFactory = static _ => "text" };
    private readonly Option<bool> json = new("--json") { Description = "The same as --format json." };

    public TurnOptions() => format.OneOf("text", "json", "quiet");

    public Argument<string[]> Text { get; } = new("text") { Description = "What to say; a JSON array of content blocks is sent as such.", Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[file, timeout, idleTimeout, retries, format, json])
        {
            command.Options.Add(option);
        }
    }

    public string FormatOf(ParseResult parse) => parse.GetValue(json) ? "json" : parse.GetValue(format)!;

    public PromptOrder Order(ParseResult parse, CancellationToken cancellationToken)
    {
        var said = string.Join(' ', parse.GetValue(Text) ?? []);
        var read = parse.GetValue(file) switch
        {
            TextInput.FromStdin => TextInput.Stdin(TextInput.LargestPromptBytes, cancellationToken),
            { } path => TextInput.Read(path, TextInput.LargestPromptBytes, cancellationToken),
            null when said.Length == 0 && Console.IsInputRedirected => TextInput.Stdin(TextInput.LargestPromptBytes, cancellationToken),
            null => "",
        };
        var first = read.Length > 0 ? read : said;
        if (first.Trim().Length == 0)
        {
            throw new UsageException("Specify a prompt: as an argument, with --file, or on standard input.");
        }

        var blocks = BlocksOf(first);
        return new PromptOrder
        {
            Blocks = blocks ?? (read.Length > 0 && said.Length > 0 ? TextBlock(read) : null),
            Text = blocks is null ? read.Length > 0 && said.Length > 0 ? said : first.TrimEnd('\n') : read.Length > 0 && said.Length > 0 ? said : null,
            TimeoutSeconds = parse.GetValue(timeout) is { } limit ? Duration.Parse(limit) : null,
            IdleTimeoutSeconds = parse.GetValue(idleTimeout) is { } idle ? Duration.Parse(idle) : null,
            Retries = parse.GetValue(retries),
        };
    }

    /// <summary>Null when the text is no array of blocks.</summary>
    private static JsonElement? BlocksOf(string text)
    {
        if (!text.TrimStart().StartsWith('['))
        {
            return null;
        }

        try
        {
            var parsed = JsonDocument.Parse(text).RootElement;
            return parsed.ValueKind == JsonValueKind.Array && parsed.EnumerateArray().All(static block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out _)) ? parsed : null;
        }
        catch (JsonException)
        {
            // A text that happens to begin with a bracket.
            return null;
        }
    }

    private static JsonElement TextBlock(string text)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            writer.WriteStartObject();
            writer.WriteString("type", "text");
            writer.WriteString("text", text);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }
}
