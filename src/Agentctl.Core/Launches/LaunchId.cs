using System.Buffers;

namespace Agentctl.Core;

/// <summary>The name of one launch: 12 characters, accepted wherever a session id is. Long enough to be made without asking anybody.</summary>
public static class LaunchId
{
    public const int Length = 12;

    /// <summary>32 letters without those that are read as another (i, l, o, u): 60 bits in 12 characters.</summary>
    private const string Letters = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Known = SearchValues.Create(Letters);

    /// <summary>Of a random Guid's 122 bits, without those that are always the same; RandomNumberGenerator would load OpenSSL into every command.</summary>
    public static string New()
    {
        Span<byte> random = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(random);
        return string.Create(Length, ((ReadOnlySpan<byte>)[.. random[..6], .. random[10..]]).ToArray(), static (id, bytes) =>
        {
            for (var i = 0; i < id.Length; i++)
            {
                id[i] = Letters[bytes[i] % Letters.Length];
            }
        });
    }

    /// <summary>Whether a text has the form of a launch id.</summary>
    public static bool IsOne(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Known);

    /// <summary>What a session is called until its agent tells its id.</summary>
    public static string Provisional(string launchId) => "@" + launchId;
}
