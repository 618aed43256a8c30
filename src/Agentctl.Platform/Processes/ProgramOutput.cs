using System.Text;

namespace Agentctl.Platform;

/// <summary>Reads what a program prints, up to a limit: a program without an end must not fill the memory of its caller.</summary>
public static class ProgramOutput
{
    private const int BlockLength = 16 * 1024;

    /// <summary>All of it.</summary>
    /// <exception cref="IOException">It is longer than the limit.</exception>
    public static async Task<string> ReadAll(TextReader output, int limitLength, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var block = new char[BlockLength];
        while (await output.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var length)
        {
            text.Append(block, 0, length);
            if (text.Length > limitLength)
            {
                throw new IOException($"it printed more than {limitLength} characters");
            }
        }

        return text.ToString();
    }

    /// <summary>The last characters of it; the program is read to its end, so that it is never blocked.</summary>
    public static async Task<string> ReadLast(TextReader output, int length, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var block = new char[BlockLength];
        while (await output.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            text.Append(block, 0, read);
            if (text.Length > length + BlockLength)
            {
                text.Remove(0, text.Length - length);
            }
        }

        return text.ToString(Math.Max(0, text.Length - length), Math.Min(length, text.Length));
    }
}
