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

    /// <summary>The kinds of the protocol. As a rule such a word means the kind, so no tool can take it as its name.</summary>
    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal)
    {
        ToolKinds.Read, ToolKinds.Edit, ToolKinds.Delete, ToolKinds.Move, ToolKinds.Search, ToolKinds.Execute, ToolKinds.Think, ToolKinds.Fetch, ToolKinds.SwitchMode, ToolKinds.Other,
    };

    private const string Any = "*";

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
        : new[] { order?.AutoApprove, order?.AutoDeny, order?.Escalate }.Any(static rules => rules?.Any(string.IsNullOrEmpty) == true) ? "A permission rule must name a kind or a tool; an empty rule matches nothing."
        : TimeLimit.Wrong("askSeconds", order?.AskSeconds);

    /// <param name="directories">Real paths of the session's directories.</param>
    public PolicyVerdict Decide(ToolCallUpdate tool, IReadOnlyList<string> directories) =>
        Forbids(AutoDeny, tool) ? PolicyVerdict.Deny
        : AutoApprove.Any(rule => rule == Any || Permits(rule, tool)) ? PolicyVerdict.Allow
        : Forbids(Escalate, tool) ? PolicyVerdict.Ask
        : Default switch
        {
            "approve" => PolicyVerdict.Allow,
            "deny" => PolicyVerdict.Deny,
            "escalate" => PolicyVerdict.Ask,
            _ when Always.Any(rule => Permits(rule, tool)) => PolicyVerdict.Allow,
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

    /// <summary>What a person who says "always" allows: the tool by its name, else by its kind. A name that is a rule for something else does not count.</summary>
    public static string NameOf(ToolCallUpdate tool) => tool.Name is { Length: > 0 } name && name != Any && !Kinds.Contains(name) ? name : tool.Kind ?? ToolKinds.Other;

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

    /// <summary>
    /// A rule that permits matches the kind or the registered name exactly. Titles and input do not count: the agent words them, and an
    /// execution may be titled "read".
    /// </summary>
    private static bool Permits(string rule, ToolCallUpdate tool) => Kinds.Contains(rule) ? rule == (tool.Kind ?? ToolKinds.Other) : rule == tool.Kind || rule == tool.Name;

    /// <summary>A rule that restricts ignores case, and a name may be a kind's word: to match too much is safe here.</summary>
    private static bool Forbids(IReadOnlyList<string> rules, ToolCallUpdate tool) => rules.Any(rule =>
        rule == Any || rule.Equals(tool.Kind ?? ToolKinds.Other, StringComparison.OrdinalIgnoreCase) || rule.Equals(tool.Name, StringComparison.OrdinalIgnoreCase));
}

public enum PolicyVerdict
{
    Allow,
    Deny,
    Ask,
}
