using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>What becomes of a permission request before anybody is asked. Pure but for resolving paths.</summary>
public sealed record AcpPolicy
{
    public const string ApproveAll = "approve-all";
    public const string ApproveReads = "approve-reads";
    public const string DenyAll = "deny-all";
    public const string Deny = "deny";
    public const string Fail = "fail";
    public const string Ask = "ask";

    public static readonly IReadOnlyList<string?> Modes = [ApproveAll, ApproveReads, DenyAll];
    public static readonly IReadOnlyList<string?> WhenAskedWords = [Deny, Fail, Ask];

    private static readonly string[] PathMembers = ["path", "file_path", "filePath", "abs_path", "absolute_path"];

    private static readonly string[] ToolMembers = ["name", "tool", "toolName"];

    public string Mode { get; init; } = ApproveReads;
    public string WhenAsked { get; init; } = Deny;
    public IReadOnlyList<string> AutoApprove { get; init; } = [];
    public IReadOnlyList<string> AutoDeny { get; init; } = [];
    public IReadOnlyList<string> Escalate { get; init; } = [];
    public string? Default { get; init; }
    public double? AskSeconds { get; init; }

    /// <summary>Tools that a person has allowed for good in this session.</summary>
    public IReadOnlyList<string> Always { get; init; } = [];

    /// <summary>This policy with what an order says.</summary>
    public AcpPolicy With(AcpPolicyOrder? order) => order is null ? this : this with
    {
        Mode = order.Mode ?? Mode,
        WhenAsked = order.WhenAsked ?? WhenAsked,
        AutoApprove = order.AutoApprove ?? AutoApprove,
        AutoDeny = order.AutoDeny ?? AutoDeny,
        Escalate = order.Escalate ?? Escalate,
        Default = order.Default ?? Default,
        AskSeconds = order.AskSeconds ?? AskSeconds,
    };

    /// <summary>What is wrong with an order; null = nothing.</summary>
    public static string? Wrong(AcpPolicyOrder? order) =>
        order?.Mode is { } mode && !Modes.Contains(mode) ? $"There is no permission mode {mode}; known are approve-all, approve-reads, deny-all."
        : order?.WhenAsked is { } asked && !WhenAskedWords.Contains(asked) ? $"What becomes of a request is deny, fail or ask, not {asked}."
        : order?.Default is { } rest && rest is not ("approve" or "deny" or "escalate") ? $"The default action is approve, deny or escalate, not {rest}."
        : TimeLimit.Wrong("askSeconds", order?.AskSeconds);

    /// <param name="directories">Real paths of the session's directories.</param>
    public PolicyVerdict Decide(ToolCallUpdate tool, IReadOnlyList<string> directories) =>
        Names(AutoDeny, tool) ? PolicyVerdict.Deny
        : Names(AutoApprove, tool) ? PolicyVerdict.Allow
        : Names(Escalate, tool) ? PolicyVerdict.Ask
        : Default switch
        {
            "approve" => PolicyVerdict.Allow,
            "deny" => PolicyVerdict.Deny,
            "escalate" => PolicyVerdict.Ask,
            _ when Names(Always, tool) => PolicyVerdict.Allow,
            _ => Mode switch
            {
                ApproveAll => PolicyVerdict.Allow,
                DenyAll => PolicyVerdict.Deny,
                _ => IsReadInside(tool, directories) ? PolicyVerdict.Allow : PolicyVerdict.Ask,
            },
        };

    /// <summary>The option to answer with; null = <c>cancelled</c>. Chosen by kind, never by text.</summary>
    /// <param name="refusalIds">What this agent wants as a refusal.</param>
    public static string? Choose(IReadOnlyList<PermissionOption> options, bool allow, bool always, IReadOnlyList<string> refusalIds)
    {
        string[] kinds = (allow, always) switch
        {
            (true, true) => [PermissionKinds.AllowAlways, PermissionKinds.AllowOnce],
            (true, false) => [PermissionKinds.AllowOnce, PermissionKinds.AllowAlways],
            (false, true) => [PermissionKinds.RejectAlways, PermissionKinds.RejectOnce],
            _ => [PermissionKinds.RejectOnce, PermissionKinds.RejectAlways],
        };
        return (allow ? null : refusalIds.FirstOrDefault(id => options.Any(option => option.OptionId == id)))
            ?? kinds.Select(kind => options.FirstOrDefault(option => option.Kind == kind)?.OptionId).FirstOrDefault(static id => id is not null);
    }

    /// <summary>What a person who says "always" allows: the tool by its name, else by its kind.</summary>
    public static string NameOf(ToolCallUpdate tool) => tool.Name ?? tool.Kind ?? ToolKinds.Other;

    /// <summary>What it is about: locations, else a path among its input.</summary>
    public static IReadOnlyList<string> PathsOf(ToolCallUpdate tool)
    {
        if (tool.Locations is { Count: > 0 } locations)
        {
            return [.. locations.Select(static location => location.Path)];
        }

        return tool.RawInput is { ValueKind: JsonValueKind.Object } input
            ? [.. PathMembers.Select(name => input.TryGetProperty(name, out var path) && path.ValueKind == JsonValueKind.String ? path.GetString() : null).OfType<string>()]
            : [];
    }

    /// <summary>The kind is the agent's claim, so a read counts as one only where it is known what is read, and that lies inside.</summary>
    private static bool IsReadInside(ToolCallUpdate tool, IReadOnlyList<string> directories)
    {
        var paths = PathsOf(tool);
        return tool.Kind switch
        {
            ToolKinds.Search => paths.All(path => IsInside(path, directories)),
            ToolKinds.Read => paths.Count > 0 && paths.All(path => IsInside(path, directories)),
            _ => false,
        };
    }

    private static bool IsInside(string path, IReadOnlyList<string> directories) =>
        RealPath.TryResolve(directories.Count > 0 ? Path.Combine(directories[0], path) : path) is { } real
        && directories.Any(directory => real == directory || real.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal));

    /// <summary>By kind, name, title or the title's first word; case does not matter, <c>*</c> is any.</summary>
    private static bool Names(IReadOnlyList<string> rules, ToolCallUpdate tool)
    {
        if (rules.Count == 0)
        {
            return false;
        }

        string?[] names =
        [
            tool.Kind, tool.Name, tool.Title, tool.Title?.Split(' ', 2)[0],
            .. tool.RawInput is { ValueKind: JsonValueKind.Object } input
                ? ToolMembers.Select(key => input.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null)
                : [],
        ];
        return rules.Any(rule => rule == "*" || names.Any(name => string.Equals(rule, name, StringComparison.OrdinalIgnoreCase)));
    }
}

public enum PolicyVerdict
{
    Allow,
    Deny,
    Ask,
}
