using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Agentctl.Launches;

/// <summary>
/// Reads a matrix: a list of launches in YAML, in which every list of values stands for one launch each (docs/guide/many-at-once.md).
/// <code>
/// prompt: Fix the flaky test
/// matrix:
///   - adapter: claude-code
///     model: [opus, sonnet]      # two launches
///   - adapter: codex
///     base_branch: main
///     args: [-c, hide_agent_reasoning=true]
/// </code>
/// </summary>
public static class MatrixFile
{
    /// <summary>More launches than anybody means: two lists multiplied by mistake.</summary>
    private const int MostEntries = 256;

    /// <summary>Far deeper than a matrix goes. The YAML library descends without a limit of its own, to the end of the stack.</summary>
    private const int MostLevels = 64;

    private static readonly string[] TopKeys = ["prompt", "cwd", "spec", "hooks", "matrix"];
    private static readonly string[] HookKeys = ["on_create", "on_complete"];
    private static readonly string[] EntryKeys =
        ["adapter", "model", "prompt", "cwd", "branch", "base_branch", "baseBranch", "permission_mode", "thinking", "name", "args"];

    /// <param name="path">Named in what is wrong.</param>
    public static MatrixOutcome Parse(string path, string yaml)
    {
        try
        {
            RequireShallow(yaml);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: YamlMappingNode root }]
                ? new MatrixOutcome.Read(ReadTop(root))
                : new MatrixOutcome.Wrong($"Failed to parse matrix file: {path}: it must be one mapping with a list \"matrix\".");
        }
        catch (MatrixWrongException wrong)
        {
            return new MatrixOutcome.Wrong($"Failed to parse matrix file: {path}:{wrong.Line}: {wrong.Message}");
        }
        catch (YamlException wrong)
        {
            return new MatrixOutcome.Wrong($"Failed to parse matrix file: {path}:{wrong.Start.Line}: {wrong.Message}");
        }
    }

    private static void RequireShallow(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        for (var level = 0; parser.MoveNext();)
        {
            level += parser.Current!.NestingIncrease;
            if (level > MostLevels)
            {
                throw new MatrixWrongException(parser.Current.Start.Line, $"it is nested more than {MostLevels} levels deep.");
            }
        }
    }

    private static MatrixPlan ReadTop(YamlMappingNode root)
    {
        var top = Keys(root, TopKeys, "a matrix file");
        if (!top.TryGetValue("matrix", out var list) || list is not YamlSequenceNode { Children.Count: > 0 } entries)
        {
            throw new MatrixWrongException(root, "\"matrix\" must be a list of launches, and not an empty one.");
        }

        var hooks = top.TryGetValue("hooks", out var node)
            ? Keys(node as YamlMappingNode ?? throw new MatrixWrongException(node, "\"hooks\" must be a mapping of on_create and on_complete."), HookKeys, "hooks")
            : [];
        var expanded = entries.Children.SelectMany(static (entry, index) => Expand(entry, index)).Take(MostEntries + 1).ToList();
        return expanded.Count > MostEntries
            ? throw new MatrixWrongException(entries, $"it expands to more than {MostEntries} launches.")
            : new MatrixPlan
            {
                Prompt = Text(top, "prompt"),
                Cwd = Text(top, "cwd"),
                Spec = Text(top, "spec"),
                OnCreate = Text(hooks, "on_create"),
                OnComplete = Text(hooks, "on_complete"),
                Entries = expanded,
            };
    }

    /// <summary>Every combination of what the lists of an entry hold; the key that stands first changes slowest.</summary>
    private static IEnumerable<MatrixEntry> Expand(YamlNode node, int index)
    {
        var entry = Keys(node as YamlMappingNode ?? throw new MatrixWrongException(node, "an entry of \"matrix\" must be a mapping."), EntryKeys, "an entry");
        if (entry.ContainsKey("base_branch") && entry.ContainsKey("baseBranch"))
        {
            throw new MatrixWrongException(node, "base_branch and baseBranch say the same; keep one.");
        }

        IEnumerable<MatrixEntry> made = [new MatrixEntry { Index = index }];
        foreach (var (key, value) in entry)
        {
            var choices = Choices(key, value);
            made = made.SelectMany(one => choices.Select(choice => With(one, key, choice)));
        }

        return made;
    }

    private static List<IReadOnlyList<string>> Choices(string key, YamlNode value) => (key, value) switch
    {
        // One list of arguments is one choice; a list of such lists is one each.
        ("args", YamlSequenceNode list) when list.Children.Any(static child => child is YamlSequenceNode) => list.Children.Count > 0
            ? [.. list.Children.Select(static child => Words(child as YamlSequenceNode ?? throw new MatrixWrongException(child, "\"args\" is a list of texts, or a list of such lists.")))]
            : throw new MatrixWrongException(value, "\"args\" is an empty list."),
        ("args", YamlSequenceNode list) => [Words(list)],
        ("args", _) => throw new MatrixWrongException(value, "\"args\" is a list of texts, or a list of such lists."),
        (_, YamlSequenceNode { Children.Count: > 0 } list) => [.. list.Children.Select(child => (IReadOnlyList<string>)[Scalar(key, child)])],
        (_, YamlSequenceNode) => throw new MatrixWrongException(value, $"\"{key}\" is an empty list."),
        _ => [[Scalar(key, value)]],
    };

    private static IReadOnlyList<string> Words(YamlSequenceNode list) => [.. list.Children.Select(static child => Scalar("args", child))];

    private static MatrixEntry With(MatrixEntry entry, string key, IReadOnlyList<string> value) => key switch
    {
        "adapter" => entry with { Adapter = value[0] },
        "model" => entry with { Model = value[0] },
        "prompt" => entry with { Prompt = value[0] },
        "cwd" => entry with { Cwd = value[0] },
        "branch" => entry with { Branch = value[0] },
        "permission_mode" => entry with { PermissionMode = value[0] },
        "thinking" => entry with { Thinking = value[0] },
        "name" => entry with { Name = value[0] },
        "args" => entry with { Arguments = value },
        _ => entry with { BaseBranch = value[0] },
    };

    private static Dictionary<string, YamlNode> Keys(YamlMappingNode mapping, string[] known, string what)
    {
        var keys = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in mapping.Children)
        {
            var key = (keyNode as YamlScalarNode)?.Value ?? "";
            if (!known.Contains(key))
            {
                throw new MatrixWrongException(keyNode, $"'{key}' is no key of {what}; known are {string.Join(", ", known)}.");
            }

            keys[key] = value;
        }

        return keys;
    }

    private static string? Text(Dictionary<string, YamlNode> keys, string key) => keys.TryGetValue(key, out var node) ? Scalar(key, node) : null;

    private static string Scalar(string key, YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw new MatrixWrongException(node, $"\"{key}\" must be a text, and not an empty one.");

    private sealed class MatrixWrongException(long line, string message) : Exception(message)
    {
        public MatrixWrongException(YamlNode at, string message)
            : this(at.Start.Line, message)
        {
        }

        public long Line { get; } = line;
    }
}
