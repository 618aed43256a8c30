using System.Text;
using Agentctl.Platform;

namespace Agentctl.Cli.Installing;

/// <param name="Code">Of <see cref="ExitCode"/>.</param>
/// <param name="Lines">What was done, or what stands in the way.</param>
/// <param name="Bin">The folder that should be on PATH, when something was put there.</param>
internal sealed record InstallOutcome(int Code, IReadOnlyList<string> Lines, string? Bin = null);

/// <summary>
/// agentctl below a prefix: the executables in <c>lib/agentctl</c>, with a manifest of what was put there, and links in <c>bin</c>.
/// Nothing foreign is overwritten and nothing foreign is taken away.
/// </summary>
internal sealed class Installation(string prefix, string source)
{
    private const string ManifestName = ".installed";
    private const int LargestManifestBytes = 1 << 20;
    private static readonly string[] Links = ["agentctl", "agent-ctl"];
    private readonly string library = Path.Combine(prefix, "lib", "agentctl");
    private readonly string bin = Path.Combine(prefix, "bin");

    private string Manifest => Path.Combine(library, ManifestName);
    private string Program => Path.Combine(library, "agentctl");

    public InstallOutcome Install()
    {
        var from = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (from == library)
        {
            return new InstallOutcome(ExitCode.Refused, [$"This agentctl is the one installed in {library}; run the new one to replace it."]);
        }

        if (InTheWay() is { Count: > 0 } foreign)
        {
            return new InstallOutcome(ExitCode.Refused, [.. foreign.Select(path => $"{path} is not ours and was left alone; move it away, or choose another --prefix")]);
        }

        // Beside, then renamed: a running agentctl or daemon keeps the files it was started from.
        var fresh = library + ".new";
        Remove(fresh);
        Directory.CreateDirectory(fresh);
        var names = Directory.GetFiles(from).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).ToList();
        foreach (var name in names)
        {
            File.Copy(Path.Combine(from, name), Path.Combine(fresh, name));
        }

        Platform.DurableFile.Replace(
            Path.Combine(fresh, ManifestName), Encoding.UTF8.GetBytes(string.Join('\n', names) + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Remove(library);
        Place(fresh);
        Directory.CreateDirectory(bin);
        foreach (var link in Links.Select(name => Path.Combine(bin, name)))
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, Program);
        }

        return new InstallOutcome(ExitCode.Done, [$"{Path.Combine(bin, Links[0])} -> {Program}"], bin);
    }

    public InstallOutcome Uninstall()
    {
        var lines = new List<string>();
        foreach (var link in Links.Select(name => Path.Combine(bin, name)).Where(IsOurLink))
        {
            File.Delete(link);
            lines.Add($"removed {link}");
        }

        if (File.Exists(Manifest))
        {
            Remove(library);
            lines.Add($"removed {library}");
        }

        return lines.Count > 0
            ? new InstallOutcome(ExitCode.Done, lines)
            : new InstallOutcome(ExitCode.NotFound, [$"agentctl is not installed in {prefix}"]);
    }

    private void Place(string fresh)
    {
        if (!Directory.Exists(library))
        {
            Directory.Move(fresh, library);
            return;
        }

        // Somebody keeps files of their own in there: they stay.
        foreach (var path in Directory.GetFiles(fresh))
        {
            File.Move(path, Path.Combine(library, Path.GetFileName(path)));
        }

        Directory.Delete(fresh);
    }

    private List<string> InTheWay()
    {
        var foreign = Links.Select(name => Path.Combine(bin, name)).Where(path => Exists(path) && !IsOurLink(path)).ToList();
        if (Exists(library) && !File.Exists(Manifest))
        {
            foreign.Add(library);
        }

        return foreign;
    }

    private bool IsOurLink(string path) => new FileInfo(path).LinkTarget == Program;

    private static bool Exists(string path) => new FileInfo(path).LinkTarget is not null || File.Exists(path) || Directory.Exists(path);

    /// <summary>A name with a slash in it would be a file of another folder.</summary>
    private static IEnumerable<string> NamesIn(byte[] manifest) =>
        Encoding.UTF8.GetString(manifest).Split('\n').Select(static line => line.TrimEnd('\r')).Where(static line => line.Length > 0 && !line.Contains('/', StringComparison.Ordinal));

    /// <summary>Takes away what the manifest names, and the folder when it is empty then.</summary>
    private static void Remove(string folder)
    {
        var manifest = Path.Combine(folder, ManifestName);
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (var name in NativeFile.ReadSmall(manifest, LargestManifestBytes) is { } names ? NamesIn(names) : [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path))])
        {
            File.Delete(Path.Combine(folder, name));
        }

        File.Delete(manifest);
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
