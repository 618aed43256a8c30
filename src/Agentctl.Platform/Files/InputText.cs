using System.Text;

namespace Agentctl.Platform;

/// <summary>The text of a file that the user names, or the reason why it is not used.</summary>
public abstract record InputText
{
    private InputText()
    {
    }

    /// <summary>The whole text, without a byte order mark.</summary>
    public sealed record Content(string Text) : InputText;

    /// <summary>The file does not exist.</summary>
    public sealed record Missing : InputText;

    /// <summary>The file is larger than the limit.</summary>
    /// <param name="SizeBytes">Null for a pipe or another stream, which has no size.</param>
    public sealed record TooLarge(long? SizeBytes, long LimitBytes) : InputText
    {
        /// <summary>The end of a sentence that begins with the name of the file.</summary>
        public string Reason => SizeBytes is { } size ? $"has {size} bytes, and the limit is {LimitBytes}" : $"has more than {LimitBytes} bytes";
    }

    /// <summary>The file cannot be used as text.</summary>
    /// <param name="Reason">The end of a sentence that begins with the name of the file.</param>
    public sealed record Unusable(string Reason) : InputText;

    /// <summary>Decodes UTF-8, or UTF-16 with a byte order mark, strictly: a replaced character would change what an agent is told.</summary>
    internal static InputText Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var text = bytes switch
            {
                [0xEF, 0xBB, 0xBF, ..] => Strict(Encoding.UTF8).GetString(bytes[3..]),
                [0xFF, 0xFE, ..] => Strict(Encoding.Unicode).GetString(bytes[2..]),
                [0xFE, 0xFF, ..] => Strict(Encoding.BigEndianUnicode).GetString(bytes[2..]),
                _ => Strict(Encoding.UTF8).GetString(bytes),
            };
            return text.IndexOf('\0', StringComparison.Ordinal) is >= 0 and var nul
                ? new Unusable($"is not a text file: character {nul + 1} is NUL")
                : new Content(text);
        }
        catch (DecoderFallbackException wrong)
        {
            return new Unusable($"is not valid UTF-8 text (byte {wrong.Index + 1}). Convert it first, for example with iconv");
        }
    }

    private static Encoding Strict(Encoding encoding) => Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
}
