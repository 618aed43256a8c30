using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary>Reads text that the user names: a file, a pipe or standard input, up to a limit.</summary>
internal static class TextInput
{
    public const string FromStdin = "-";

    /// <summary>A prompt of this size still fits into one request to the daemon.</summary>
    public const long LargestPromptBytes = 32 << 20;

    /// <param name="path">A file or a pipe.</param>
    /// <param name="raiseLimit">How to raise the limit, given the size that the file has; null where it is fixed.</param>
    /// <exception cref="UsageException">The file is missing, too large or not text.</exception>
    public static string Read(string path, long limitBytes, CancellationToken cancellationToken, Func<long?, string>? raiseLimit = null) =>
        path.Length == 0 ? throw new UsageException("The name of a file is empty.")
            : InputFile.Read(path, limitBytes, cancellationToken) switch
            {
                InputText.Content(var text) => text,
                InputText.Missing => throw new UsageException($"File not found: {path}"),
                InputText.TooLarge large => throw new UsageException($"File too large: {path} {large.Reason}.{(raiseLimit is null ? "" : $" {raiseLimit(large.SizeBytes)}")}"),
                InputText.Unusable(var reason) => throw new UsageException($"{path} {reason}."),
                _ => throw new InvalidOperationException("an unknown kind of input"),
            };

    /// <exception cref="UsageException">Standard input is too large or not text.</exception>
    public static string Stdin(long limitBytes, CancellationToken cancellationToken) => InputFile.ReadStandardInput(limitBytes, cancellationToken) switch
    {
        InputText.Content(var text) => text,
        InputText.TooLarge large => throw new UsageException($"Standard input {large.Reason}."),
        InputText.Unusable(var reason) => throw new UsageException($"Standard input {reason}."),
        _ => throw new InvalidOperationException("standard input cannot be missing"),
    };
}
