namespace Agentctl.Launches;

/// <summary>
/// Which ignored files a build or a package manager makes again, so that they do not keep a tree. docs/guide/many-at-once.md has the
/// same list.
/// </summary>
internal sealed class ReproducibleFiles(string root)
{
    /// <summary>Folders that only tools fill.</summary>
    private static readonly HashSet<string> Folders = new(StringComparer.Ordinal)
    {
        "node_modules", "bower_components", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".eggs", ".gradle", ".next", ".nuxt",
        ".svelte-kit", ".angular", ".parcel-cache", ".turbo", ".nyc_output", ".dart_tool", "DerivedData",
    };

    /// <summary>Folders of build output in which people sometimes keep a database or a key: those files count all the same.</summary>
    private static readonly HashSet<string> OutputFolders = new(StringComparer.Ordinal) { "target", "bin", "obj" };

    /// <summary>Folders whose name alone proves nothing: what must be beside or in them.</summary>
    private static readonly Dictionary<string, string[]> FoldersWithEvidence = new(StringComparer.Ordinal)
    {
        ["venv"] = ["venv/pyvenv.cfg"],
        ["env"] = ["env/pyvenv.cfg"],
        ["build"] = ["build.gradle", "build.gradle.kts", "CMakeLists.txt", "meson.build", "package.json", "pyproject.toml", "setup.py", "pubspec.yaml"],
        [".build"] = ["Package.swift"],
        ["dist"] = ["package.json", "pyproject.toml", "setup.py"],
        ["out"] = ["package.json", "tsconfig.json"],
        ["coverage"] = ["package.json"],
        ["vendor"] = ["go.mod", "composer.json", "Gemfile"],
        ["Pods"] = ["Podfile"],
    };

    private static readonly string[] FileEndings = [".pyc", ".pyo", ".o", ".class", ".tsbuildinfo"];
    private static readonly HashSet<string> FileNames = new(StringComparer.Ordinal) { ".DS_Store", "Thumbs.db", ".eslintcache", ".stylelintcache" };
    private static readonly string[] KeptEndings = [".env", ".db", ".sqlite", ".sqlite3", ".pem", ".key", ".p12", ".pfx", ".kdbx"];

    /// <summary>The first line of a CACHEDIR.TAG (bford.info/cachedir).</summary>
    private static readonly byte[] CacheTag = "Signature: 8a477f597d28d172789f06886806bc55"u8.ToArray();

    private readonly Dictionary<string, Kind> known = new(StringComparer.Ordinal);

    private enum Kind
    {
        Ordinary,
        Output,
        Cache,
    }

    /// <param name="path">Relative to the tree.</param>
    public bool Contains(string path)
    {
        var name = Path.GetFileName(path);
        if (FileNames.Contains(name) || FileEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
        {
            return true;
        }

        for (var end = path.IndexOf('/'); end >= 0; end = path.IndexOf('/', end + 1))
        {
            switch (KindOf(path[..end]))
            {
                case Kind.Cache:
                    return true;
                case Kind.Output when !IsKept(name):
                    return true;
            }
        }

        return false;
    }

    private static bool IsKept(string name) => name.StartsWith(".env", StringComparison.Ordinal) || KeptEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private Kind KindOf(string folder) => known.TryGetValue(folder, out var kind) ? kind : known[folder] = Judge(folder);

    private Kind Judge(string folder)
    {
        var name = Path.GetFileName(folder);
        if (Folders.Contains(name) || name.EndsWith(".egg-info", StringComparison.Ordinal) || HasCacheTag(folder))
        {
            return Kind.Cache;
        }

        var parent = Path.Combine(root, Path.GetDirectoryName(folder) ?? "");
        return OutputFolders.Contains(name) || (FoldersWithEvidence.TryGetValue(name, out var evidence) && evidence.Any(file => File.Exists(Path.Combine(parent, file))))
            ? Kind.Output
            : Kind.Ordinary;
    }

    private bool HasCacheTag(string folder)
    {
        var tag = new FileInfo(Path.Combine(root, folder, "CACHEDIR.TAG"));
        if (!tag.Exists || tag.Length is < 43 or > 4096)
        {
            return false;
        }

        return Agentctl.Platform.NativeFile.ReadSmall(tag.FullName, 4096) is { } content && content.AsSpan().StartsWith(CacheTag);
    }
}
