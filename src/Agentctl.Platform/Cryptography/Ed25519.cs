using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>
/// Ed25519 signatures (RFC 8032) through the system's libcrypto.so.3, where there is one; .NET has none of its own.
/// Keys are seeds of 32 bytes.
/// </summary>
public static unsafe partial class Ed25519
{
    private const string Library = "libcrypto.so.3";
    private const int EVP_PKEY_ED25519 = 1087;
    private const int KeyBytes = 32;
    private const int SignatureBytes = 64;

    private static readonly Lazy<bool> Available = new(static () => NativeLibrary.TryLoad(Library, out _));

    public static bool IsAvailable => Available.Value;

    /// <summary>A new secret key, from the kernel's random source.</summary>
    public static byte[] NewSeed()
    {
        ThisSystem.RequireLinux("Ed25519 keys");
        var seed = new byte[KeyBytes];
        fixed (byte* to = seed)
        {
            // Up to 256 bytes come whole or not at all.
            while (ProcessCalls.GetRandom(to, KeyBytes, 0) != KeyBytes)
            {
                if (Errno.Last != Errno.EINTR)
                {
                    throw Errno.Failed("read", "the kernel's random source", Errno.Last);
                }
            }
        }

        return seed;
    }

    /// <exception cref="PlatformNotSupportedException">The library is not installed.</exception>
    public static byte[] PublicKey(byte[] seed)
    {
        var key = Open(seed);
        try
        {
            var bytes = new byte[KeyBytes];
            nuint length = KeyBytes;
            fixed (byte* to = bytes)
            {
                Require(GetRawPublicKey(key, to, &length), "EVP_PKEY_get_raw_public_key");
            }

            return bytes;
        }
        finally
        {
            FreeKey(key);
        }
    }

    /// <summary>A signature of 64 bytes.</summary>
    /// <exception cref="PlatformNotSupportedException">The library is not installed.</exception>
    public static byte[] Sign(byte[] seed, ReadOnlySpan<byte> message)
    {
        var key = Open(seed);
        var context = NewContext();
        try
        {
            var signature = new byte[SignatureBytes];
            nuint length = SignatureBytes;
            // The algorithm hashes by itself: no digest is named.
            Require(context == 0 ? 0 : SignInit(context, 0, 0, 0, key), "EVP_DigestSignInit");
            fixed (byte* to = signature, from = message)
            {
                Require(Sign(context, to, &length, from, (nuint)message.Length), "EVP_DigestSign");
            }

            return signature;
        }
        finally
        {
            FreeContext(context);
            FreeKey(key);
        }
    }

    private static nint Open(byte[] seed)
    {
        if (!IsAvailable)
        {
            throw new PlatformNotSupportedException($"Ed25519 needs {Library}, which is not installed (Debian: apt install libssl3)");
        }

        if (seed.Length != KeyBytes)
        {
            throw new ArgumentException($"a seed has {KeyBytes} bytes, not {seed.Length}", nameof(seed));
        }

        fixed (byte* from = seed)
        {
            var key = NewRawPrivateKey(EVP_PKEY_ED25519, 0, from, KeyBytes);
            Require(key == 0 ? 0 : 1, "EVP_PKEY_new_raw_private_key");
            return key;
        }
    }

    private static void Require(int result, string call)
    {
        if (result != 1)
        {
            throw new InvalidOperationException($"{call} of {Library} failed; does this system's policy forbid Ed25519?");
        }
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewRawPrivateKey(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetRawPublicKey(nint key, byte* to, nuint* length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(nint context, byte* signature, nuint* signatureLength, byte* message, nuint messageLength);
}
