namespace Agentctl.Testing;

/// <summary>Where things are in this clone.</summary>
public static class Repository
{
    /// <summary>The folder with Agentctl.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What <c>./test</c> installed; AGENTCTL_CACHE moves it, so that clones can share it.</summary>
    public static string Cache { get; } =
        Environment.GetEnvironmentVariable("AGENTCTL_CACHE") is { Length: > 0 } moved ? Path.GetFullPath(moved) : Path.Combine(Root, ".cache");

    /// <summary>An executable of a project that runs on the framework the tests run on.</summary>
    /// <param name="name">The executable's name where it is not the project's.</param>
    public static string Built(string project, string? name = null)
    {
        // .../artifacts/<framework>/bin/<test project>/<configuration>/
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, name ?? project);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Agentctl.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Agentctl.slnx above {AppContext.BaseDirectory}");
    }
}
