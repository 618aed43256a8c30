namespace Agentctl.Sessions;

/// <summary>
/// Secrets for auth methods, from the environment or config. They reach an agent through its environment only, and nothing of them is
/// written anywhere.
/// </summary>
internal static class AcpCredentials
{
    private static readonly string[] Prefixes = ["AGENTCTL_AUTH_", "ACPX_AUTH_"];

    public static bool Has(string methodId, AcpConfig config, IReadOnlyDictionary<string, string> environment) =>
        config.Auth.ContainsKey(methodId) || Names(methodId).Any(name => environment.GetValueOrDefault(name) is { Length: > 0 });

    /// <summary>The environment with config's secrets, and those given under a prefix, under the names agents look for. What is set already stays.</summary>
    public static Dictionary<string, string> Into(Dictionary<string, string> environment, AcpConfig config)
    {
        foreach (var (name, value) in environment.ToList())
        {
            if (Prefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
            {
                environment.TryAdd(name[prefix.Length..], value);
            }
        }

        foreach (var (method, secret) in config.Auth)
        {
            environment.TryAdd(method, secret);
            environment.TryAdd(Variable(method), secret);
        }

        return environment;
    }

    private static IEnumerable<string> Names(string methodId) => Prefixes.Select(prefix => prefix + Variable(methodId)).Append(methodId).Append(Variable(methodId));

    private static string Variable(string methodId) =>
        string.Concat(methodId.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? char.ToUpperInvariant(letter) : '_'));
}
