using System.Buffers;
using System.Security.Cryptography;

namespace Agentctl.Core;

/// <summary>The name of one launch: 12 characters, accepted wherever a session id is. Long enough to be made without asking anybody.</summary>
public static class LaunchId
{
    public const int Length = 12;

    /// <summary>32 letters without those that are read as another (i, l, o, u): 60 bits in 12 characters.</summary>
    private const string Letters = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Known = SearchValues.Create(Letters);

    public static string New() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>Whether a text has the form of a launch id.</summary>
    public static bool IsOne(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Known);

    /// <summary>What a session is called until its agent tells its id.</summary>
    public static string Provisional(string launchId) => "@" + launchId;
}
