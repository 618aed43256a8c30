using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// Records of ours as foreign input: another version, a person or a bad disk may have written them. What a session cannot do without
/// makes it damaged; everything else that is absent, null or odd is as if it had never been set.
/// </summary>
internal static class AcpRecordReading
{
    /// <param name="id">The name of the folder. What the record says of its own id does not count: it is used as a path.</param>
    /// <exception cref="FormatException">A member that is needed is missing.</exception>
    /// <exception cref="JsonException">It is no JSON of this shape.</exception>
    public static AcpRecord Read(string id, ReadOnlySpan<byte> json)
    {
        var record = JsonSerializer.Deserialize(json, AcpJson.Default.AcpRecord) ?? throw new FormatException("it is null");
        Required(record.Agent, "agent");
        Required(record.Adapter, "adapter");
        Required(record.Mode, "mode");
        if (!Required(record.Cwd, "cwd").StartsWith('/') || record.Cwd.Contains('\0'))
        {
            throw new FormatException("\"cwd\" must be an absolute path");
        }

        return record with
        {
            Id = id,
            SessionId = record.SessionId is { } session && SessionIds.MayBeReported(session) ? session : null,
            EarlierSessionIds = Texts(record.EarlierSessionIds),
            LaunchId = record.LaunchId is { } launch && LaunchId.IsOne(launch) ? launch : null,
            Options = record.Options?.Where(static pair => pair.Value is not null).ToDictionary() ?? [],
            AvailableModels = Texts(record.AvailableModels),
            AvailableModes = Texts(record.AvailableModes),
            Policy = PolicyOf(record.Policy),
            AdditionalDirectories = [.. Texts(record.AdditionalDirectories).Where(static path => path.StartsWith('/') && !path.Contains('\0'))],
        };
    }

    /// <summary>Rules that cannot be understood are not guessed: nothing is allowed then without a person.</summary>
    private static AcpPolicy PolicyOf(AcpPolicy? policy)
    {
        if (policy is null)
        {
            return new AcpPolicy();
        }

        var isKnown = AcpPolicy.Modes.Contains(policy.Mode) && AcpPolicy.WhenAskedWords.Contains(policy.WhenAsked) && policy.Default is null or "approve" or "deny" or "escalate";
        return new AcpPolicy
        {
            Mode = isKnown ? policy.Mode : AcpPolicy.DenyAll,
            WhenAsked = isKnown ? policy.WhenAsked : AcpPolicy.Deny,
            AutoApprove = isKnown ? Texts(policy.AutoApprove) : [],
            AutoDeny = Texts(policy.AutoDeny),
            Escalate = Texts(policy.Escalate),
            Default = isKnown ? policy.Default : "deny",
            AskSeconds = policy.AskSeconds is > 0 ? policy.AskSeconds : null,
            Always = isKnown ? Texts(policy.Always) : [],
        };
    }

    private static string Required(string? value, string name) => string.IsNullOrEmpty(value) ? throw new FormatException($"\"{name}\" is missing") : value;

    private static IReadOnlyList<string> Texts(IReadOnlyList<string?>? list) => list is null ? [] : [.. list.OfType<string>()];
}
